// @ts-check
// A file that is too large is told at once, not after it was sent.
const MOST_BYTES = 50 * 1024 * 1024;

const field = /** @type {HTMLInputElement} */ (document.getElementById("bestand"));
const error = /** @type {HTMLElement} */ (document.getElementById("bestand-fout"));

field?.addEventListener("change", () => {
  const isTooLarge = (field.files?.[0]?.size ?? 0) > MOST_BYTES;
  error.textContent = isTooLarge ? (field.dataset.tooLarge ?? "") : "";
  error.hidden = !isTooLarge;
  field.setAttribute("aria-invalid", String(isTooLarge));
});
field?.form?.addEventListener("submit", (event) => {
  if (field.getAttribute("aria-invalid") === "true") {
    event.preventDefault();
    field.focus();
  }
});
export {};
