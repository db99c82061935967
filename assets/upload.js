// Sends dropped or chosen files one after the other, each as the raw body of one request. Every word it
// shows stands in the data attributes of the zone, and listeners sit on the document, so that pages may
// come and go.
(() => {
  if (window.encaissUpload) return;
  window.encaissUpload = true;

  const TOO_MANY = 429;
  let underWay = 0;

  const zoneOf = (event) => event.target instanceof Element && event.target.closest("[data-dropzone]");
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  const pause = (seconds) => new Promise((go) => setTimeout(go, 1000 * seconds));
  const fill = (words, facts) => words.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);

  function show(zone, problem, refused, received) {
    const words = zone.dataset;
    zone.querySelector(".problem").textContent = problem;
    const results = zone.querySelector(".results");
    results.replaceChildren();
    for (const { name, why } of refused) {
      const line = document.createElement("p");
      const strong = document.createElement("strong");
      strong.textContent = name;
      line.append(strong, " ", why);
      results.append(line);
    }
    if (!received) return;
    const link = document.createElement("a");
    link.href = words.history;
    link.className = "link";
    link.textContent = fill(words.received, { n: received });
    results.append(link);
  }

  function element(tag, className, words) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (words) made.textContent = words;
    return made;
  }

  // What came of a file that is booked at once, with no screen of its own: the server's words, as text.
  function tell(zone, told) {
    const card = element("article", `outcome n-${told.tone}`);
    const head = element("p", "head");
    head.append(element("strong", "", told.file), element("span", "", told.outcome));
    card.append(head);
    const problems = (list, to) => {
      if (!list.length) return;
      const items = element("ul", "");
      for (const words of list) items.append(element("li", "", words));
      to.append(items);
    };
    problems(told.problems, card);
    for (const one of told.statements) {
      const part = element("div", "statement");
      part.append(element("p", "strong", one.title));
      for (const words of [one.balances, one.counts]) if (words) part.append(element("p", "", words));
      problems(one.problems, part);
      card.append(part);
    }
    if (told.waiting && zone.dataset.queue) {
      const link = element("a", "link", zone.dataset.queueWords);
      link.href = zone.dataset.queue;
      card.append(link);
    }
    zone.querySelector(".results").append(card);
  }

  // Whether an account that nobody named yet is its owner's: asked before anything is booked.
  function asked(zone, file, account) {
    const dialog = zone.querySelector("dialog");
    dialog.querySelector(".file").textContent = file.name;
    dialog.querySelector(".account").textContent = account;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((done) =>
      dialog.addEventListener("close", () => done(dialog.returnValue === "ours"), { once: true }),
    );
  }

  function post(zone, file, told, ours) {
    const words = zone.dataset;
    const bar = zone.querySelector("progress");
    const what = zone.querySelector(".what");
    bar.value = 0;
    what.textContent = fill(words.sending, told);
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
      };
      request.upload.onload = () => {
        bar.removeAttribute("value");
        what.textContent = fill(words.checking, told);
      };
      request.onerror = () => done({ problem: words.failed });
      request.onload = () => {
        let answer = {};
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          // Neither place nor problem: the sentence for a failed upload says enough.
        }
        if (!answer.location && !answer.told) answer.problem ||= words.failed;
        if (request.status === TOO_MANY) answer.wait = Number(request.getResponseHeader("Retry-After"));
        done(answer);
      };
      request.open("POST", words.dropzone);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      request.setRequestHeader("X-Language", words.language);
      if (ours.length) request.setRequestHeader("X-Accounts", encodeURIComponent(ours.join(",")));
      request.send(file);
    });
  }

  async function sendOne(zone, file, told, isFolder) {
    const words = zone.dataset;
    const megabytes = Number(words.megabytes);
    if (isFolder) return { problem: words.folder };
    if (file.size > megabytes * 1048576) return { problem: fill(words.tooLarge, { megabytes }) };
    const ours = [];
    for (;;) {
      const answer = await post(zone, file, told, ours);
      if (answer.ask && !ours.includes(answer.ask) && (await asked(zone, file, answer.ask))) {
        ours.push(answer.ask);
      } else if (answer.wait) {
        zone.querySelector(".what").textContent = answer.problem;
        await pause(answer.wait);
      } else {
        return answer;
      }
    }
  }

  async function send(zone, files, folders = new Set()) {
    if (!files.length || zone.classList.contains("busy")) return;
    show(zone, "", [], 0);
    zone.classList.add("busy");
    underWay += 1;
    const places = [];
    const refused = [];
    const outcomes = [];
    for (const [number, file] of files.entries()) {
      const told = { file: file.name, number: number + 1, files: files.length };
      told.which = files.length > 1 ? fill(zone.dataset.which, told) : "";
      const answer = await sendOne(zone, file, told, folders.has(file.name));
      if (answer.told) outcomes.push(answer.told);
      else if (answer.location) places.push(answer.location);
      else refused.push({ name: file.name, why: answer.problem });
    }
    underWay -= 1;
    // Somebody who has gone on to another screen is not called away from it.
    if (!refused.length && places.length && zone.isConnected) {
      window.location.assign(places.length > 1 ? zone.dataset.history : places[0]);
      return;
    }
    zone.classList.remove("busy");
    zone.querySelector("input").value = "";
    if (files.length > 1) show(zone, "", refused, places.length);
    else if (refused.length) show(zone, refused[0].why, [], 0);
    for (const told of outcomes) tell(zone, told);
    // The screen around shows what was booked.
    if (outcomes.length) document.querySelector("[data-after-upload]")?.click();
  }

  function foldersOf(transfer) {
    const entries = [...transfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry());
    return new Set(entries.filter((entry) => entry && entry.isDirectory).map((entry) => entry.name));
  }

  document.addEventListener("change", (event) => {
    const zone = zoneOf(event);
    if (zone && event.target.files) send(zone, [...event.target.files]);
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
    send(zone, [...event.dataTransfer.files], foldersOf(event.dataTransfer));
  });
  window.addEventListener("beforeunload", (event) => {
    if (underWay) event.preventDefault();
  });
})();
