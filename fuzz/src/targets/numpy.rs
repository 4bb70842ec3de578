//! Arrays of NumPy.

use super::{MIB, Target, Verdict, text};
use crate::mutate::Form;
use switchnet::data::read_npy;
use switchnet_lab::numpy::npy;

pub(super) fn all() -> Vec<Target> {
    let words = &[
        "'descr':",
        "'fortran_order':",
        "True",
        "'shape': (",
        "<f4",
        ">f8",
        "|u1",
        "(",
        ")",
        ",",
        "()",
    ];
    // The numbers become eight bytes each, of one.
    let memory = |length| MIB + 64 * length;
    vec![Target { name: "npy", form: Form::Bytes, words, run, memory }]
}

fn run(bytes: &[u8]) -> Verdict {
    let array = read_npy::<f64>(bytes).map_err(text)?;
    assert!(array.len() <= bytes.len(), "{} numbers", array.len());
    let again = read_npy::<f64>(npy(&array).as_slice()).expect("what we write");
    assert_eq!(again.shape(), array.shape());
    let bits = |array: &ndarray::ArrayD<f64>| array.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    assert!(bits(&again) == bits(&array), "other numbers");
    Ok(())
}
