// A form that asks for a passkey sends the browser's answer; the server made the options.
document.querySelectorAll("form[data-passkey]").forEach((form) => {
  const show = (name) => {
    for (const shown of form.querySelectorAll("[role=alert]")) shown.hidden = !(name in shown.dataset);
  };
  const ask = async () => {
    const { publicKey } = JSON.parse(form.dataset.options);
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) return show("unsupported");
    try {
      form.elements.passkey.value = JSON.stringify((await ask()).toJSON());
    } catch (error) {
      return show(error.name === "SecurityError" ? "unsupported" : "canceled");
    }
    form.submit();
  });
});
