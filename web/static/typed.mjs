// What is typed on this page and not sent yet, to be kept for whoever typed it.

export function typedOn(page) {
  const form = [...document.querySelectorAll("main form[method=post]")].find(changed);
  if (!form) return null;
  const typed = new FormData(form);
  for (const [name, value] of [...typed]) if (value instanceof File) typed.delete(name);
  typed.set("kept-address", new URL(form.action).pathname);
  typed.set("kept-page", page);
  return typed;
}

function changed(form) {
  return [...form.elements].some((each) => {
    if (each.type === "hidden" || each.type === "password" || each.type === "file") return false;
    if (each.type === "radio" || each.type === "checkbox") return each.checked !== each.defaultChecked;
    if (each.tagName === "SELECT") return [...each.options].some((one) => one.selected !== one.defaultSelected);
    return "value" in each && each.value !== each.defaultValue;
  });
}
