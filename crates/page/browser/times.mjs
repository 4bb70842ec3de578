// How long things take in this browser, from the event to the end of drawing. Not a test: machines differ.
//
//   run --times NAME=CHECKPOINT[,MORE] …
import { open, packed, quit } from "./browser.mjs";

const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(part * values.length) - 1)];

for (const word of process.argv.slice(2)) {
  const [name, nets] = word.split("=");
  await open(packed(name, ...nets.split(",")), async (page) => {
    const count = await page.evaluate(() => page.nets.length);
    for (let i = 0; i < count; i++) {
      if (count > 1) await page.selectOption("#net", String(i));
      await page.waitForFunction("waiting === 0");
      // Two hundred strokes: in each the pointer goes down, moves, and everything is drawn and laid out.
      const strokes = await page.evaluate(() => {
        const canvas = find("paper");
        const box = canvas.getBoundingClientRect();
        const event = (type, u, v) => new PointerEvent(type, { clientX: box.left + u * box.width, clientY: box.top + v * box.height, pointerId: 1, isPrimary: true, bubbles: true });
        canvas.setPointerCapture = () => {};
        const times = [];
        for (let k = 0; k < 220; k++) {
          if (k % 20 === 0) put(page.pins.A.x);
          render();
          const u = 0.1 + 0.8 * ((k * 0.37) % 1);
          const v = 0.1 + 0.8 * ((k * 0.61) % 1);
          canvas.dispatchEvent(event("pointerdown", u, v));
          render();
          document.body.getBoundingClientRect();
          const begin = performance.now();
          canvas.dispatchEvent(event("pointermove", u + 0.05, v + 0.05));
          render();
          document.body.getBoundingClientRect();
          times.push(performance.now() - begin);
          canvas.dispatchEvent(event("pointerup", u + 0.05, v + 0.05));
        }
        return times.slice(20);
      });
      const say = (what, ms) => console.log(`${name}, net ${i}: ${what}: ${ms} ms`);
      say("stroke, median and 99th percentile of 200", `${quantile(strokes, 0.5).toFixed(1)} and ${quantile(strokes, 0.99).toFixed(1)}`);
      const library = await page.evaluate(() => {
        const times = [];
        for (let k = 0; k < 200; k++) {
          const begin = performance.now();
          mapOf(page.x);
          times.push(performance.now() - begin);
        }
        return times;
      });
      say("of it the library, median", quantile(library, 0.5).toFixed(2));
      const far = await page.evaluate(async () => {
        const { A, B, C } = page.pins;
        const time = async (request, arrays) => {
          const begin = performance.now();
          const answer = await page.far.ask({ ...request, net: page.net }, arrays);
          return [performance.now() - begin, answer];
        };
        await time({ do: "ray" }, [A.x, A.x]);
        const [ray, { t }] = await time({ do: "ray" }, [A.x, B.x]);
        const found = [];
        for (const half of [0.25, 0.125, 0.0625]) {
          const [ms, { offsets, complete }] = await time({ do: "slice", window: [0.5 - half, 0.5 + half, 0.5 - half, 0.5 + half], limit: 10000 }, [A.x, B.x, C.x]);
          found.push(`${offsets.length - 1}${complete ? "" : " (stopped)"} polygons ${ms.toFixed(0)}`);
        }
        return { ray: `${t.length - 2} breakpoints ${ray.toFixed(0)}`, slice: found.join(", ") };
      });
      say("ray", far.ray);
      say("slices", far.slice);
    }
  });
}
await quit();
