// Gives the focus back to what had it when that was taken away meanwhile: locked while something was being
// done, or shut out by a dialog that has closed. Where it is gone for good, the content of the page gets it.
(() => {
  let last = null;

  document.addEventListener("focusin", (event) => {
    if (!event.target.closest("[role=dialog]")) last = event.target;
  });
  // Who points elsewhere does not want it back.
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest(".over")) last = null;
  });
  new MutationObserver(() => {
    if (!last || document.activeElement !== document.body) return;
    const again = last.isConnected ? last : last.id ? document.getElementById(last.id) : null;
    if (again && (again.matches(":disabled") || again.closest("[inert]"))) return;
    const target = again ?? document.getElementById("content");
    if (target && !target.closest("[inert]")) target.focus({ preventScroll: true });
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ["disabled", "inert"] });
})();
