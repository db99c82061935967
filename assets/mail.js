// Shows a mail as mail programs do. The page's policy applies no styles that stand in a text: they come under
// another name and are set one by one here. A parsed document runs nothing.
(() => {
  if (window.encaissMail) return;
  window.encaissMail = true;

  function draw(place) {
    const mail = new DOMParser().parseFromString(place.dataset.mail || "", "text/html");
    const body = document.importNode(mail.body, true);
    for (const element of body.querySelectorAll("script,iframe,object,embed,link,meta,form")) element.remove();
    const page = document.createElement("div");
    page.append(...body.childNodes);
    const root = place.shadowRoot || place.attachShadow({ mode: "open" });
    for (const element of page.querySelectorAll("[data-css]")) {
      element.style.cssText = element.dataset.css;
      delete element.dataset.css;
    }
    page.style.cssText = body.dataset.css || "";
    for (const link of page.querySelectorAll("a")) link.removeAttribute("href");
    root.replaceChildren(page);
  }

  const all = (root) => (root instanceof Element ? root : document).querySelectorAll("[data-mail]");
  new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "attributes") draw(change.target);
      for (const added of change.addedNodes) {
        if (!(added instanceof Element)) continue;
        if (added.matches("[data-mail]")) draw(added);
        for (const place of all(added)) draw(place);
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-mail"] });
  for (const place of all(document)) draw(place);
})();
