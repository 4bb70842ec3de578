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
    refused(&whole[..whole.len() - 1], "the shape [2, 2] has, 8 each, found 31");
    refused(&[&whole[..], &[0; 8]].concat(), "the shape [2, 2] has, 8 each, found 40");
    for (from, to) in [("descr", "disco"), ("shape", "shade"), ("(2, 2)", "(2, x)"), ("(2", "[2")] {
        let text: Vec<u8> = whole.clone();
        let at = text.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        refused(&[&text[..at], to.as_bytes(), &text[at + from.len()..]].concat(), "header with");
    }
}

/// A file of version 1 with this header and these bytes behind it.
fn file(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), numbers].concat()
}

/// `-3` and `3` in every type of whole numbers, `1.5` and `-inf` in every float, in both orders of bytes.
#[test]
fn every_real_type_is_read_in_both_orders() {
    let check = |kind: &str, numbers: [Vec<u8>; 2], expected: [f64; 2]| {
        for order in ["<", ">"] {
            let turned = numbers.iter().map(|number| match order {
                ">" => number.iter().rev().copied().collect(),
                _ => number.clone(),
            });
            let bytes: Vec<u8> = turned.collect::<Vec<_>>().concat();
            let read = read(&file(&format!("'{order}{kind}'"), "(2,)", &bytes)).unwrap();
            assert_eq!(read, ndarray::arr1(&expected).into_dyn(), "{order}{kind}");
        }
    };
    for width in [1, 2, 4, 8] {
        let [minus, plus] = [-3i64, 3].map(|v| v.to_le_bytes()[..width].to_vec());
        check(&format!("i{width}"), [minus.clone(), plus.clone()], [-3.0, 3.0]);
        let most = if width < 8 { (1u64 << (8 * width)) - 3 } else { 3 };
        let first = if width < 8 { minus } else { plus.clone() };
        check(&format!("u{width}"), [first, plus], [most as f64, 3.0]);
    }
    check("b1", [vec![1], vec![0]], [1.0, 0.0]);
    let half = |bits: u16| bits.to_le_bytes().to_vec();
    check("f2", [half(0x3E00), half(0xFC00)], [1.5, f64::NEG_INFINITY]);
    check("f2", [half(0x0001), half(0x7BFF)], [2f64.powi(-24), 65504.0]);
    check(
        "f4",
        [1.5f32, f32::NEG_INFINITY].map(|v| v.to_le_bytes().to_vec()),
        [1.5, f64::NEG_INFINITY],
    );
    check(
        "f8",
        [1.5f64, f64::NEG_INFINITY].map(|v| v.to_le_bytes().to_vec()),
        [1.5, f64::NEG_INFINITY],
    );
    let nan = read(&file("'<f2'", "(1,)", &half(0x7E01))).unwrap();
    assert!(nan[[0]].is_nan());
    assert_eq!(read(&file("'|b1'", "()", &[1])).unwrap(), arr0(1.0).into_dyn());
}

/// What a header claims is compared with what is there, and takes no memory by itself.
#[test]
fn a_claim_is_no_number() {
    let refused = |bytes: &[u8], part: &str| {
        let message = read(bytes).unwrap_err().to_string();
        assert!(message.contains(part) && message.len() < 300, "{message}");
        assert!(!message.contains('\n'), "{message}");
    };
    for shape in [
        "(1152921504606846976,)", // 2^60
        "(1099511627776,)",
        "(1073741824,)",
        "(9223372036854775808, 0)",
        "(4294967296, 4294967296)",
        "(4294967296, 4294967296, 0)",
    ] {
        refused(&file("'<f8'", shape, &[]), "as the shape");
    }
    refused(&file("'<f8'", "(18446744073709551616,)", &[]), "header with shape");
    refused(
        &file("'<f8'", &format!("({})", "1,".repeat(65)), &[0; 8]),
        "at most 64 sides, found 65",
    );
    refused(&file("'<f8'", &format!("({})", "x,".repeat(9000)), &[]), "header with shape");
    let long = [b"\x93NUMPY\x02\x00", &[0xFF; 4][..], b"{'descr': '<f8'"].concat();
    refused(&long, "another beginning");
    assert_eq!(read(&file("'<f8'", "(3, 0)", &[])).unwrap().shape(), [3, 0]);
}

#[test]
fn other_types_are_refused_by_name() {
    for (descr, parts) in [
        ("'<c16'", ["a.real", "complex"]),
        ("'|O'", [".astype(float)", "objects"]),
        ("'<U5'", [".astype(float)", "texts"]),
        ("'|S3'", [".astype(float)", "texts"]),
        ("'<f16'", [".astype(float)", "another size (<f16)"]),
        ("'<M8[s]'", [".astype(float)", "dates"]),
        ("'<i3'", [".astype(float)", "another type (<i3)"]),
        ("'|V12'", [".astype(float)", "records"]),
        ("[('a', '<f8'), ('b', '<i4')]", ["a['name']", "structured"]),
    ] {
        let message = read(&file(descr, "(1,)", &[0; 16])).unwrap_err().to_string();
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn whole_numbers_are_exact_or_refused() {
    let one = |kind: &str, bytes: [u8; 8]| read(&file(kind, "(1,)", &bytes));
    for exact in [1 << 53, -(1 << 53), (1 << 53) + 2, i64::MIN] {
        assert_eq!(one("'<i8'", exact.to_le_bytes()).unwrap()[[0]] as i64, exact);
    }
    for rounded in [(1 << 53) + 1, -(1 << 53) - 1, i64::MAX] {
        let message = one("'<i8'", rounded.to_le_bytes()).unwrap_err().to_string();
        assert!(message.contains("astype(float)"), "{message}");
        assert!(message.ends_with(&format!("found {rounded}")), "{message}");
    }
    assert!(one("'<u8'", u64::MAX.to_le_bytes()).is_err());
    assert_eq!(one("'<u8'", (1u64 << 63).to_le_bytes()).unwrap()[[0]], 2f64.powi(63));
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
