//! The effective maps as arrays for other programs.

use super::slug::slugs;
use crate::experiment::{Example, Results};
use crate::numpy::Archive;
use ndarray::{Array1, Array2, Array3};
use switchnet::{Error, Result};

/// The examples of all nets as a NumPy archive (`numpy.load`). For each net, under its
/// [slug](slugs):
///
/// | array | shape | what it is |
/// |---|---|---|
/// | `<net>.A` | examples × outputs × inputs | effective weights |
/// | `<net>.c` | examples × outputs | constants |
/// | `<net>.x` | examples × inputs | inputs as the net gets them |
/// | `<net>.index` | examples | row in the test set, from 0 |
/// | `<net>.label` | examples | class |
/// | `<net>.predicted` | examples | class that the net gives |
/// | `<net>.provenance` | bytes | the JSON of the [`Provenance`](switchnet::analysis::Provenance) of the net |
///
/// The first three are `f64`, the next three `i64`. `A x + c` is the net's output.
///
/// # Errors
/// If the examples of a net differ in size.
pub fn maps_archive(results: &Results) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    let inputs: usize = results.data.shape.iter().product();
    for (net, slug) in results.nets.iter().zip(slugs(results)) {
        let examples = &net.examples;
        let n = examples.len();
        let (outputs, inputs) =
            examples.first().map_or((results.data.classes, inputs), |example| {
                (example.rows.len(), example.x.len())
            });
        let sized = |what: &str, expected: usize, values: Vec<f64>| {
            if values.len() == expected {
                return Ok(values);
            }
            let what = format!("{what} in the examples of {}", net.name);
            Err(Error::new(what, format_args!("{expected} numbers"), values.len()))
        };
        let gather = |f: fn(&Example) -> Vec<f64>| examples.iter().flat_map(f).collect::<Vec<_>>();
        let whole = |f: fn(&Example) -> usize| {
            Array1::from_iter(examples.iter().map(|example| f(example) as i64))
        };
        let a = sized("effective weights", n * outputs * inputs, gather(|e| e.rows.concat()))?;
        let c = sized("constants", n * outputs, gather(|e| e.c.clone()))?;
        let x = sized("inputs", n * inputs, gather(|e| e.x.clone()))?;
        let shaped = "the length was compared with the shape";
        let a = Array3::from_shape_vec((n, outputs, inputs), a).expect(shaped);
        let c = Array2::from_shape_vec((n, outputs), c).expect(shaped);
        let x = Array2::from_shape_vec((n, inputs), x).expect(shaped);
        archive.add(&format!("{slug}.A"), &a)?;
        archive.add(&format!("{slug}.c"), &c)?;
        archive.add(&format!("{slug}.x"), &x)?;
        archive.add(&format!("{slug}.index"), &whole(|e| e.index))?;
        archive.add(&format!("{slug}.label"), &whole(|e| e.label))?;
        archive.add(&format!("{slug}.predicted"), &whole(|e| e.predicted))?;
        archive.add_json(&format!("{slug}.provenance"), &net.provenance)?;
    }
    archive.finish()
}
