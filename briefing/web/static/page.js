// What a page of plain forms and links does better in place: keys, answers as they are made, words on a story.
// Every form works without this file. Text that comes in goes through textContent, or is a piece of a page made and
// escaped by our own templates.

const said = document.getElementById("said");
let quiet;

function say(words) {
  said.textContent = words;
  clearTimeout(quiet);
  quiet = setTimeout(() => { said.textContent = ""; }, 4000);
}

async function complaint(answer) {
  try {
    return (await answer.json()).detail || answer.statusText;
  } catch {
    return answer.statusText || "It failed.";
  }
}

// Stories by key

const stories = () => [...document.querySelectorAll(".story")];
let current = null;

function go(story) {
  if (!story) return;
  current?.classList.remove("at");
  current = story;
  story.classList.add("at");
  story.focus({ preventScroll: true });
  story.scrollIntoView({ block: "start" });
}

function step(by) {
  const all = stories();
  const at = all.indexOf(current);
  go(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]);
}

let before = "";
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const known = {
    j: () => step(1),
    k: () => step(-1),
    e: () => {
      const all = [...(current?.querySelectorAll(".evidence") ?? [])];
      const open = !all.every((one) => one.open);
      for (const one of all) one.open = open;
    },
    o: () => (current ?? document).querySelector("a.original")?.click(),
    m: () => current?.querySelector('button[value="mute"]')?.click(),
    "/": () => document.getElementById("find").focus(),
    "?": () => document.getElementById("keys").showModal(),
    h: () => { if (before === "g") location.assign("/"); },
  };
  const act = known[event.key];
  if (act) {
    event.preventDefault();
    act();
  }
  before = event.key;
});
document.addEventListener("focusin", (event) => {
  const story = event.target.closest?.(".story");
  if (story && story !== current) {
    current?.classList.remove("at");
    current = story;
  }
});

// What a reader says of a story

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form.say")) return;
  event.preventDefault();
  const button = event.submitter;
  const body = new FormData(form);
  body.set("action", button.value);
  button.disabled = true;
  try {
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { Accept: "application/json" } });
    if (!answer.ok) return say(await complaint(answer));
    say((await answer.json()).message);
    for (const one of form.querySelectorAll("button")) one.setAttribute("aria-pressed", String(one === button));
    form.closest(".story")?.classList.toggle("muted", button.value === "mute");
  } catch {
    say("The page's server does not answer.");
  } finally {
    button.disabled = false;
  }
});

// Answers as they are made: server-sent events, read from the answer of a POST

async function* events(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let kept = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    kept += value;
    let end;
    while ((end = kept.indexOf("\n\n")) >= 0) {
      const lines = kept.slice(0, end).split("\n");
      kept = kept.slice(end + 2);
      const name = lines.find((line) => line.startsWith("event: "))?.slice(7);
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (name) yield [name, JSON.parse(data)];
    }
  }
}

// Bullets of a story that is still being told. The story replaces them; where it can't be told they go.

function draft(told, data) {
  let story = told.querySelector(".draft");
  if (!story) {
    story = Object.assign(document.createElement("article"), { className: "story draft" });
    story.append(Object.assign(document.createElement("ul"), { className: "bullets" }));
    told.append(story);
  }
  story.firstChild.insertAdjacentHTML("beforeend", data.html);
}

function undrafted(told) {
  for (const one of told.querySelectorAll(".draft")) one.remove();
}

for (const form of document.querySelectorAll("form[data-stream]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const part = (id) => document.getElementById(id);
    const [answer, doing, told, problems] = ["answer", "doing", "told", "problems"].map(part);
    const button = form.querySelector("button:not(.quiet)");
    answer.hidden = false;
    told.replaceChildren();
    problems.replaceChildren();
    doing.textContent = "";
    const fail = (words) => problems.append(Object.assign(document.createElement("li"), { textContent: words }));
    const given = new FormData(form);
    if (form.id === "ask" && !["url", "text"].some((name) => given.get(name).trim()) && !given.get("file").name) {
      return fail("Give an address, a text or a file to summarise.");
    }
    doing.textContent = "Sending";
    button.disabled = true;
    try {
      const sent = await fetch(form.dataset.stream, {
        method: "POST", body: given, headers: { Accept: "text/event-stream" },
      });
      if (!sent.ok) {
        doing.textContent = "";
        return fail(await complaint(sent));
      }
      for await (const [name, data] of events(sent)) {
        if (name === "telling" || name === "done") undrafted(told);
        if (name === "doing") doing.textContent = data.what;
        else if (name === "telling") doing.textContent = `Telling ${data.number} of ${data.of}${data.title ? `: ${data.title}` : ""}`;
        else if (name === "bullet") draft(told, data);
        else if (name === "story") {
          undrafted(told);
          told.insertAdjacentHTML("beforeend", data.html);
        }
        else if (name === "problem") fail(data.subject ? `${data.subject}: ${data.message}` : data.message);
        else if (name === "done") doing.textContent = data.stories ? `Done: ${data.stories} ${data.stories === 1 ? "story" : "stories"}` : data.problems ? "" : "Nothing was found to tell.";
      }
    } catch {
      fail("The page's server does not answer.");
      doing.textContent = "";
    } finally {
      button.disabled = false;
    }
  });
}

// A file dropped anywhere on the form goes into its field

const ask = document.getElementById("ask");
if (ask) {
  const drop = document.getElementById("drop");
  const over = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.toggle("over", event.type !== "dragleave" && event.type !== "drop");
  };
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) ask.addEventListener(name, over);
  ask.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    document.getElementById("file").files = event.dataTransfer.files;
    ask.requestSubmit();
  });
}

// A form with a preview shows it again whenever something in it changes

for (const form of document.querySelectorAll("form[data-preview]")) {
  const pane = document.getElementById(form.dataset.pane);
  let waiting, asked = 0;
  const show = async () => {
    const mine = ++asked;
    pane.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
      // An answer that was overtaken by a newer question is none.
      if (mine !== asked) return;
      if (answer.ok) pane.innerHTML = (await answer.json()).html;
      else pane.textContent = await complaint(answer);
    } catch {
      pane.textContent = "The page's server does not answer.";
    } finally {
      if (mine === asked) pane.setAttribute("aria-busy", "false");
    }
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(show, 350); });
  show();
}

for (const range of document.querySelectorAll("input[type=range]")) {
  const shown = document.querySelector(`output[for="${range.id}"]`);
  if (shown) range.addEventListener("input", () => { shown.value = range.value; });
}
