// What went wrong, in a sentence; `null` when it is over.
function trouble(error) {
  const box = find("trouble");
  box.hidden = !error;
  say(box, error ? sentence(error) : "");
}

const sentence = ({ message }) => (message.endsWith(".") ? message : `${message}.`);
