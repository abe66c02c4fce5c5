/* Tells a form what is unsaved in it, asks before it is left, and gives back what was typed
   when the answer was the sign-in page. A secret is never kept.

   data-unsaved marks the forms; with data-unsaved="draft" what was typed is no change, and
   leaving it is not asked about. data-refused marks what says why a form was not saved,
   data-download a button whose answer leaves the page as it is, and data-discards a link
   that gives up the changes. The event "unsaved" has the changed fields. */

const isSaved = document.querySelector(".flash[data-state=ok]:not(.signed-in)");
const isRefused = document.querySelector("[data-refused]");
const DOWNLOAD_MILLISECONDS = 10_000;
let isLeaving = false;
let isGivenUp = false;

const isSecret = (field) => field.type === "password";
const draftOf = ({ name, value, checked }) => [name, value, checked];

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && field.type !== "hidden");
}

function draftsOf(form) {
  return fieldsOf(form).filter((field) => !isSecret(field)).map(draftOf);
}

function changedFields(form, asSaved) {
  const before = new Set(asSaved.map(String));
  return fieldsOf(form).filter((field) => {
    if (isSecret(field)) return field.value;
    // Of radio buttons, the one that was chosen stands for the other one too.
    if (field.type === "radio" && !field.checked) return false;
    return !before.has(String(draftOf(field)));
  });
}

function restore(form, draft) {
  const fields = [...form.elements];
  for (const [name, value, checked] of draft) {
    const same = fields.filter((field) => field.name === name);
    const isChoice = (field) => field.type === "radio" || field.type === "checkbox";
    for (const field of same) {
      if (!isChoice(field)) field.value = value;
      else if (field.value === value) field.checked = checked;
    }
  }
}

function watch(form) {
  const address = form.getAttribute("action") ?? location.pathname;
  const key = `draft:${address}#${form.id}`;
  const sent = JSON.parse(sessionStorage.getItem(key));
  sessionStorage.removeItem(key);
  // The page shows what was refused, which is not what is saved.
  const asSaved = sent && isRefused ? sent.saved : draftsOf(form);
  if (sent && !isRefused) {
    restore(form, sent.typed);
    form.closest("[popover]")?.showPopover();
  }

  const changes = () => changedFields(form, asSaved);
  const show = () => {
    form.dispatchEvent(new CustomEvent("unsaved", { detail: { changed: changes() } }));
  };
  const keep = () => {
    const draft = { typed: draftsOf(form), saved: asSaved };
    sessionStorage.setItem(key, JSON.stringify(draft));
  };
  show();
  form.addEventListener("input", show);
  form.addEventListener("reset", (event) => {
    if (!isRefused) return setTimeout(show);
    event.preventDefault();
    isLeaving = true;
    location.assign(address);
  });
  form.addEventListener("submit", (event) => {
    if (isLeaving) return event.preventDefault();
    keep();
    isLeaving = !event.submitter?.matches("[data-download]");
    // The page stays, unless a sign-in comes first.
    if (!isLeaving) setTimeout(() => sessionStorage.removeItem(key), DOWNLOAD_MILLISECONDS);
  });
  return { changes, keep, isAskedAbout: form.dataset.unsaved !== "draft" };
}

if (isSaved) {
  const drafts = Object.keys(sessionStorage).filter((key) => key.startsWith("draft:"));
  for (const key of drafts) sessionStorage.removeItem(key);
}
const watched = [...document.querySelectorAll("form[data-unsaved]")].map(watch);
document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  // What a button of htmx was to send meets the sign-in page by one of these.
  if (!/^hx-(redirect|refresh):/im.test(xhr.getAllResponseHeaders())) return;
  isLeaving = true;
  for (const form of watched) if (form.changes().length) form.keep();
});
document.addEventListener("click", ({ target }) => {
  if (target.closest("[data-discards]")) isGivenUp = true;
});
addEventListener("pageshow", () => { isLeaving = false; });
addEventListener("beforeunload", (event) => {
  const isLost = watched.some((form) => form.isAskedAbout && form.changes().length);
  if (isLost && !isLeaving && !isGivenUp) event.preventDefault();
});
