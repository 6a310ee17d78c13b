// Asks the device for a passkey, and sends what it answers with the form that asked. Keeps nothing.

const known = globalThis.PublicKeyCredential;

async function ask(form) {
  const reply = await fetch(form.dataset.question, { method: "POST", body: new FormData(form) });
  if (reply.status === 403) return; // sent as it is, and the page that answers says what is missing
  if (!reply.ok) throw new Error("no question");
  const options = await reply.json();
  const made = form.dataset.passkey === "create"
    ? await navigator.credentials.create({ publicKey: known.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: known.parseRequestOptionsFromJSON(options) });
  form.elements.namedItem("answer").value = JSON.stringify(made.toJSON());
}

function listen(form) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  let asking = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asking) return;
    asking = true;
    trouble.textContent = "";
    try {
      await ask(form);
      form.submit();
    } catch (error) {
      // The device says “you did not agree” and “I have none” alike, so that no page can tell them apart.
      trouble.textContent = error?.name === "InvalidStateError" ? trouble.dataset.already : trouble.dataset.words;
    }
    asking = false;
  });
  form.hidden = false;
}

if (known?.parseCreationOptionsFromJSON && known?.parseRequestOptionsFromJSON) {
  document.querySelectorAll("[data-passkey-without]").forEach((words) => { words.hidden = true; });
  document.querySelectorAll("form[data-passkey]").forEach(listen);
}
