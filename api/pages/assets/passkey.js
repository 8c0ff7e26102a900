// Forms with data-passkey ask the browser for a passkey before they are sent. Its answer travels in the hidden field that data-field names.
const ask = {
  create: (options) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
  get: (options) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
};

document.addEventListener('submit', async (event) => {
  const form = event.target;
  const kind = form.dataset.passkey;
  const field = form.elements[form.dataset.field];
  if (!kind || field.value) return;
  event.preventDefault();
  const says = form.querySelector('[role="status"]');
  try {
    const credential = await ask[kind](JSON.parse(form.dataset.options));
    field.value = JSON.stringify(credential.toJSON());
    form.requestSubmit(event.submitter);
  } catch {
    says.textContent = form.dataset.refused;
  }
});
