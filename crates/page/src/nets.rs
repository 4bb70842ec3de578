//! The nets of a page, and who answers which question.

use crate::answers;
use crate::net::Opened;
use crate::wire::{Answer, Question, failure, inputs, request};
use switchnet::{Error, Result};

/// What the page is told of long work: how much is done, of how much.
pub type Watch<'a> = &'a mut dyn FnMut(f64, f64);

/// The nets of a page.
///
/// ```
/// use std::collections::BTreeMap;
/// use switchnet::net::{checkpoint, zoo};
/// let net = zoo::mlp(&[4], &[8], 3, 1).build::<f32>()?;
/// let file = checkpoint::write(net.spec(), &net, &BTreeMap::new(), &BTreeMap::new())?;
/// // A request: the length of its JSON, the JSON, zeros up to a multiple of eight bytes, arrays.
/// let request = [&12u32.to_le_bytes(), &br#"{"do":"open"}"#[..]].concat();
/// let answer = switchnet_page::Nets::default().call(&request, &mut |_, _| ());
/// assert!(String::from_utf8_lossy(&answer).contains("error")); // one byte of the JSON is missing
/// # Ok::<(), switchnet::Error>(())
/// ```
#[derive(Default)]
pub struct Nets(Vec<Option<Opened>>);

impl std::fmt::Debug for Nets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Nets").field(&self.0.len()).finish()
    }
}

impl Nets {
    /// The answer to a request; to one that is not understood, what is wrong.
    pub fn call(&mut self, request: &[u8], watch: &mut dyn FnMut(f64, f64)) -> Vec<u8> {
        match self.answer(request, watch) {
            Ok(answer) => answer.finish(),
            Err(error) => failure(&error),
        }
    }

    fn answer(&mut self, bytes: &[u8], watch: Watch<'_>) -> Result<Answer> {
        let (question, tail) = request(bytes)?;
        if question.r#do == "open" {
            let opened = Opened::of(tail)?;
            let answer = opened.describe(self.0.len());
            self.0.push(Some(opened));
            return Ok(answer);
        }
        let Question { net: handle, .. } = question;
        let there = self.0.get_mut(handle);
        let Some(place) = there.filter(|place| place.is_some()) else {
            return Err(Error::new("net", "one that was opened", handle));
        };
        let net = place.as_mut().expect("it was looked at");
        let width = net.inputs();
        match question.r#do.as_str() {
            "now" => answers::now(net, &question, inputs(tail, width)?),
            "neuron" => answers::neuron(net, &question, inputs(tail, width)?),
            "ray" => answers::ray(net, &question, inputs(tail, width)?, watch),
            "slice" => answers::slice(net, &question, inputs(tail, width)?, watch),
            "margin" => answers::margin(net, &question, inputs(tail, width)?),
            "adversarial" => answers::adversarial(net, &question, inputs(tail, width)?),
            "close" => {
                *place = None;
                Ok(Answer::default())
            }
            other => {
                const KNOWN: &str = "open, now, neuron, ray, slice, margin, adversarial or close";
                Err(Error::new("do", KNOWN, other))
            }
        }
    }
}
