//! Arrays for NumPy: the bytes that NumPy itself writes, and another reader and writer of them.
#![allow(missing_docs)]

use ndarray::{Array1, Array2, Array3, ArrayD, Axis, arr0, array};
use ndarray_npy::{NpzReader, WriteNpyExt};
use std::io::Cursor;
use switchnet_lab::numpy::{Archive, npy, read};

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

/// Whatever another writer writes, in either order in memory, and without a number too.
#[test]
fn files_of_others_are_read() {
    fn written<A: WriteNpyExt>(a: &A) -> ArrayD<f64> {
        let mut bytes = Vec::new();
        a.write_npy(&mut bytes).unwrap();
        read(&bytes).unwrap()
    }
    let a = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| (100 * i + 10 * j + k) as f64 / 8.0);
    assert_eq!(written(&a), a.clone().into_dyn());
    let turned = a.clone().reversed_axes();
    assert_eq!(written(&turned), turned.into_dyn(), "columns first");
    assert_eq!(written(&a.mapv(|v| v as f32)), a.clone().into_dyn());
    assert_eq!(written(&array![1u8, 2, 255]), array![1.0, 2.0, 255.0].into_dyn());
    assert_eq!(written(&arr0(0.1)), arr0(0.1).into_dyn());
    assert_eq!(written(&Array2::<f64>::zeros((0, 7))).shape(), [0, 7]);
    assert_eq!(read(&npy(&a.index_axis(Axis(2), 1))).unwrap(), a.index_axis(Axis(2), 1).into_dyn());
    // The other end first.
    let mut bytes = npy(&array![1.5, -2.0]);
    let at = bytes.iter().position(|b| *b == b'<').unwrap();
    bytes[at] = b'>';
    bytes[128..].as_chunks_mut::<8>().0.iter_mut().for_each(|number| number.reverse());
    assert_eq!(read(&bytes).unwrap(), array![1.5, -2.0].into_dyn());
}

#[test]
fn what_is_no_such_file_is_refused() {
    let whole = npy(&array![[1.0, 2.0], [3.0, 4.0]]);
    let refused = |bytes: &[u8], part: &str| {
        let message = read(bytes).unwrap_err().to_string();
        assert!(message.contains(part) && !message.contains('\n'), "{message}");
    };
    refused(b"PK", "expected a header");
    refused(&whole[..20], "expected a header");
    refused(&whole[..whole.len() - 1], "the shape [2, 2] has, found 3");
    refused(&[&whole[..], &[0; 8]].concat(), "the shape [2, 2] has, found 5");
    refused(&npy(&array![1i64]), "f4, f8 or u1, found <i8");
    for (from, to) in [("descr", "disco"), ("shape", "shade"), ("(2, 2)", "(2, x)"), ("(2", "[2")] {
        let text: Vec<u8> = whole.clone();
        let at = text.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        refused(&[&text[..at], to.as_bytes(), &text[at + from.len()..]].concat(), "header with");
    }
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
