// @ts-check
// The page of one source: a bare address such as /bronnen/x#z123 shows the sentence on the page's picture too.

const anchor = /^#z(\d+)$/.exec(location.hash);
const address = new URL(location.href);
const hasPicture = document.querySelector(".page-image") !== null;

if (anchor && hasPicture && !address.searchParams.has("van")) {
  address.searchParams.delete("pagina"); // the page of the sentence
  address.searchParams.set("van", anchor[1]);
  location.replace(address);
} else {
  document.querySelector(".source-text mark")?.scrollIntoView({ block: "center", behavior: "instant" });
}
export {};
