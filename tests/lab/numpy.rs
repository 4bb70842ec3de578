//! Arrays for NumPy: the bytes that NumPy itself writes, and another reader of them.
#![allow(missing_docs)]

use ndarray::{Array1, array};
use ndarray_npy::NpzReader;
use std::io::Cursor;
use switchnet_lab::numpy::{Archive, npy};

/// `numpy.save("a.npy", numpy.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))`
#[test]
fn a_file_is_what_numpy_writes() {
    let mut expected = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";
    expected.extend(format!("{header:<117}\n").bytes());
    expected.extend([1.0, 2.0, 3.0, 4.0, 5.0, 6.0].iter().flat_map(|v: &f64| v.to_le_bytes()));
    let a = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    assert_eq!(npy(&a), expected);
    assert_eq!(
        npy(&a.t().as_standard_layout().t()),
        expected,
        "the order in memory does not count"
    );
    let one = npy(&Array1::<u8>::zeros(5));
    assert!(one.windows(17).any(|part| part == b"'shape': (5,), } "));
    assert_eq!(one.len() % 64, 5);
}

/// Names, shapes and numbers come back through another reader; the same arrays give the same bytes.
#[test]
fn an_archive_is_read_by_another() {
    let (a, b) = (array![[0.5, -1.0], [f64::MIN_POSITIVE, 1e300]], array![7i64, -9]);
    let bytes = || {
        let mut archive = Archive::default();
        archive.add("net.A", &a).unwrap();
        archive.add("größe", &b).unwrap();
        archive.finish().unwrap()
    };
    let mut archive = NpzReader::new(Cursor::new(bytes())).unwrap();
    assert_eq!(archive.names().unwrap(), ["net.A", "größe"]);
    assert_eq!(archive.by_name::<ndarray::OwnedRepr<f64>, _>("net.A").unwrap(), a);
    assert_eq!(archive.by_name::<ndarray::OwnedRepr<i64>, _>("größe").unwrap(), b);
    assert_eq!(bytes(), bytes());
    assert!(Archive::default().add(&"a".repeat(1 << 16), &a).is_err());
    assert!(NpzReader::new(Cursor::new(Archive::default().finish().unwrap())).unwrap().is_empty());
}
