// @ts-check
// The light or dark view, before anything is drawn; not a module, because those wait for the page.
(() => {
  const KEY = "beleidswijzer.weergave";
  const root = document.documentElement;
  const device = window.matchMedia("(prefers-color-scheme: dark)");

  /** @returns {string | null} */
  const chosen = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // the browser keeps nothing
    }
  };

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : device.matches);

  root.classList.add("has-script");
  const kept = chosen();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;

  document.addEventListener("DOMContentLoaded", () => {
    const button = /** @type {HTMLButtonElement} */ (document.getElementById("donker"));
    const show = () => button.setAttribute("aria-pressed", String(isDark()));
    button.hidden = false;
    show();
    device.addEventListener("change", show);
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try {
        localStorage.setItem(KEY, root.dataset.theme);
      } catch {
        // then the choice lasts as long as the page
      }
      show();
    });
  });
})();
