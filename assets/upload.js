// Sends a dropped or chosen file as the raw body of one request. Every word it shows stands in the
// data attributes of the zone, and listeners sit on the document, so that pages may come and go.
(() => {
  if (window.encaissUpload) return;
  window.encaissUpload = true;

  const zoneOf = (event) => event.target instanceof Element && event.target.closest("[data-dropzone]");
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");

  function say(zone, problem) {
    zone.querySelector(".problem").textContent = problem;
    zone.classList.remove("busy");
    zone.querySelector("input").value = "";
  }

  function send(zone, files) {
    if (!files.length || zone.classList.contains("busy")) return;
    const words = zone.dataset;
    const file = files[0];
    const megabytes = Number(words.megabytes);
    say(zone, "");
    if (files.length > 1) return say(zone, words.many);
    if (file.size > megabytes * 1048576) return say(zone, words.tooLarge.replace("{megabytes}", megabytes));
    const bar = zone.querySelector("progress");
    const what = zone.querySelector(".what");
    const request = new XMLHttpRequest();
    bar.value = 0;
    what.textContent = words.sending.replace("{file}", file.name);
    zone.classList.add("busy");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
    };
    request.upload.onload = () => {
      bar.removeAttribute("value");
      what.textContent = words.checking.replace("{file}", file.name);
    };
    request.onerror = () => say(zone, words.failed);
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // Neither place nor problem: the sentence for a failed upload says enough.
      }
      if (answer.location) window.location.assign(answer.location);
      else say(zone, answer.problem || words.failed);
    };
    request.open("POST", words.dropzone);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
    request.setRequestHeader("X-Language", words.language);
    request.send(file);
  }

  document.addEventListener("change", (event) => {
    const zone = zoneOf(event);
    if (zone && event.target.files) send(zone, event.target.files);
  });
  for (const name of ["dragenter", "dragover"]) {
    document.addEventListener(name, (event) => {
      if (!carriesFiles(event) || !document.querySelector("[data-dropzone]")) return;
      // Beside the zone a dropped file would replace the page.
      event.preventDefault();
      const zone = zoneOf(event);
      event.dataTransfer.dropEffect = zone ? "copy" : "none";
      if (zone) zone.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    const zone = zoneOf(event);
    if (zone && !zone.contains(event.relatedTarget)) zone.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event) || !document.querySelector("[data-dropzone]")) return;
    event.preventDefault();
    const zone = zoneOf(event);
    if (!zone) return;
    zone.classList.remove("over");
    send(zone, event.dataTransfer.files);
  });
})();
