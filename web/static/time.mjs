// Warns two minutes before a session runs out, and keeps what is typed when it does.

import { typedOn } from "./typed.mjs";

const WARNING = 120;
// Said at these moments only, so that a screen reader is not interrupted every second.
const SAID_AT = [120, 60, 20];
const LOOK_AGAIN = 60;

export function watchTime(box) {
  if (!box) return;
  const words = box.querySelector("#time-words");
  let ends = 0;
  let said = Infinity;
  let busy = false;

  const left = () => Math.max(0, Math.round((ends - Date.now()) / 1000));
  // Another window may have used the session meanwhile, so the server is asked and not this page’s clock.
  const ask = async (address, options) => {
    const answer = await fetch(address, { cache: "no-store", ...options });
    if (!answer.ok) return 0;
    const told = await answer.json();
    if (!told.signed_in) return 0;
    return told.seconds === null ? Infinity : told.seconds;
  };
  const begin = (seconds) => {
    ends = Date.now() + seconds * 1000;
    if (seconds > WARNING && box.open) box.close();
    if (seconds > WARNING) said = Infinity;
  };
  const say = (seconds) => {
    const moment = SAID_AT.find((each) => seconds <= each && each < said && seconds > each - 20);
    if (moment === undefined) return;
    said = moment;
    const time = seconds > 60 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`;
    words.textContent = `In ${time} you are signed out, because nothing was done here for a while. What you typed is kept.`;
  };
  const over = async () => {
    const going = box.dataset.page;
    const typed = typedOn(going);
    if (typed) await fetch(box.dataset.keep, { method: "POST", body: typed });
    window.location.assign(`/sign-in?next=${encodeURIComponent(going)}`);
  };
  const tick = async () => {
    if (busy || left() > WARNING) return;
    busy = true;
    try {
      if (!box.open || left() === 0) begin(await ask(box.dataset.left));
      if (left() === 0) {
        clearInterval(ticking);
        await over();
      } else if (left() <= WARNING) {
        if (!box.open) box.showModal();
        say(left());
      }
    } catch {
      ends = Date.now() + LOOK_AGAIN * 1000; // the network is away: nobody is sent off a page for that
    } finally {
      busy = false;
    }
  };
  box.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    begin(await ask(box.dataset.stay, { method: "POST", body: new FormData(event.target) }));
  });
  // Escape means “stay”, too: nobody loses a session by closing a box.
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    box.querySelector("form").requestSubmit();
  });
  const ticking = setInterval(tick, 1000);
  tick();
}
