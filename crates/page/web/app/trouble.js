// What went wrong, in a sentence.

function trouble(error) {
  const box = find("trouble");
  box.hidden = false;
  say(box, sentence(error));
}

// What a reader can do with an error of the library, of the browser or of the page.
function sentence(error) {
  const text = error?.message ?? String(error);
  if (error instanceof WebAssembly.RuntimeError) {
    return `The library stopped at this input (${text}). Reload the page to go on.`;
  }
  return text.endsWith(".") ? text : `${text}.`;
}
