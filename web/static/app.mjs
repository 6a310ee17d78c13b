import { initAll } from "./vendor/govuk-frontend-6.3.0.min.js";
import { watchHide, watchSwitch } from "./hide.mjs";
import { watchTime } from "./time.mjs";

initAll();
watchTime(document.getElementById("time"));
watchHide(document.getElementById("hide"));
watchSwitch(document.getElementById("switch"));
