// A photo for <input type=file data-picture="256"> is cut to a square of that many pixels before it is sent.
async function square(file, side) {
  const image = await createImageBitmap(file); // turned as the camera says
  const edge = Math.min(image.width, image.height);
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const from = [(image.width - edge) / 2, (image.height - edge) / 2, edge, edge];
  canvas.getContext("2d").drawImage(image, ...from, 0, 0, side, side);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  return new File([blob], "picture.png", { type: "image/png" });
}

document.addEventListener("change", async ({ target }) => {
  if (!target.matches?.("input[type=file][data-picture]") || !target.files[0]) return;
  const cut = await square(target.files[0], Number(target.dataset.picture)).catch(() => null);
  if (!cut) return; // no picture: the server says so
  const files = new DataTransfer();
  files.items.add(cut);
  target.files = files.files;
});
