// @ts-check
// How far a change is, asked again and again; less often when it takes long.
const PAUSES = [500, 1000, 1500, 2000, 3000]; // milliseconds; the last one goes on
const MOST_FAILURES = 5;

const box = /** @type {HTMLElement} */ (document.getElementById("taak"));
const bar = /** @type {HTMLProgressElement} */ (document.getElementById("voortgang"));

/** @param {string} name */
const slot = (name) => /** @type {HTMLElement} */ (box.querySelector(`[data-slot="${name}"]`));

/** @param {HTMLElement} place @param {string} text */
const tell = (place, text) => {
  if (place.textContent !== text) place.textContent = text; // the same words are not read aloud again
};

/** @param {{stand: string, woorden: string, voortgang: number, melding: string, verder: string | null, knop: string}} told */
function show(told) {
  if (told.voortgang > 0 || told.verder) bar.value = told.voortgang;
  tell(slot("state"), told.woorden);
  tell(slot("message"), told.melding);
  box.dataset.state = told.stand;
  if (!told.verder) return;
  const next = /** @type {HTMLAnchorElement} */ (slot("next"));
  next.href = told.verder;
  next.textContent = told.knop;
  next.hidden = false;
}

async function watch() {
  for (let turn = 0, failures = 0; failures < MOST_FAILURES; turn += 1) {
    await new Promise((done) => setTimeout(done, PAUSES[Math.min(turn, PAUSES.length - 1)]));
    try {
      const response = await fetch(box.dataset.address ?? "", { headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      const told = await response.json();
      show(told);
      failures = 0;
      if (told.verder) return;
    } catch {
      failures += 1;
    }
  }
  document.getElementById("verversen")?.removeAttribute("hidden");
  tell(slot("message"), box.dataset.lost ?? "");
}

if (box.dataset.state === "wacht" || box.dataset.state === "bezig") {
  document.getElementById("verversen")?.setAttribute("hidden", "");
  watch();
}
