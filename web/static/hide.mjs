// Hides the page at once, before the network answers, and keeps what is typed on it.

import { typedOn } from "./typed.mjs";

const PRESSES = 3;
const WITHIN = 2000; // from one press of Escape to the next, in milliseconds
const TRY_AGAIN = 2000;

export function watchHide(form) {
  if (!form) return;
  const others = new BroadcastChannel("hide-this-page");
  let hidden = false;
  let presses = 0;
  let last = 0;

  const hide = () => {
    if (hidden) return;
    hidden = true;
    const sent = bodyOf(form);
    blank(form);
    send(sent);
  };
  const send = async (sent) => {
    try {
      await fetch(form.action, { method: "POST", body: sent });
      window.location.replace(form.dataset.then);
    } catch {
      setTimeout(() => send(sent), TRY_AGAIN); // the page stays blank meanwhile, and holds what was typed
    }
  };
  const hideAll = () => {
    others.postMessage("hide");
    hide();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    hideAll();
  });
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.repeat) return;
      const now = Date.now();
      presses = event.key !== "Escape" ? 0 : now - last < WITHIN ? presses + 1 : 1;
      last = now;
      if (presses === PRESSES) hideAll();
    },
    true,
  );
  others.addEventListener("message", hide);
  // Going back must not bring a page out of the browser’s memory.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    blank(form);
    window.location.reload();
  });
}

// The same for “Switch person”: what is typed goes along, and is kept for whoever typed it.
export function watchSwitch(form) {
  if (!form) return;
  form.addEventListener("submit", (event) => {
    const sent = bodyOf(form);
    if (!sent.has("kept-address")) return;
    event.preventDefault();
    blank(form);
    fetch(form.action, { method: "POST", body: sent }).finally(() => window.location.replace(form.dataset.then));
  });
}

function bodyOf(form) {
  const own = new FormData(form);
  const typed = typedOn(own.get("kept-page"));
  if (typed) typed.set("csrf_token", own.get("csrf_token"));
  return typed ?? own;
}

function blank(form) {
  document.title = form.dataset.title;
  document.body.hidden = true;
}
