import { initAll } from "./vendor/govuk-frontend-6.3.0.min.js";
import { watchTime } from "./time.mjs";

initAll();
watchTime(document.getElementById("time"));
