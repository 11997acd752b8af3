// @ts-check
// The page of one source: a bare address such as /bronnen/x#z123 shows the sentence on the page's picture too.

/** Ask for the page again with the sentence of the address marked; a server does not see what comes after #. */
function showSentence() {
  const anchor = /^#z(\d+)$/.exec(location.hash);
  const address = new URL(location.href);
  const hasPicture = document.querySelector(".page-image") !== null;
  if (!anchor || !hasPicture || address.searchParams.get("van") === anchor[1]) return false;
  for (const name of ["pagina", "tot"]) address.searchParams.delete(name); // those of another sentence
  address.searchParams.set("van", anchor[1]);
  location.replace(address);
  return true;
}

if (!showSentence()) document.querySelector(".source-text mark")?.scrollIntoView({ block: "center", behavior: "instant" });
window.addEventListener("hashchange", showSentence);
export {};
