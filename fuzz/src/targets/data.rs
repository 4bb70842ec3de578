//! Data files.

use super::{MIB, Target, Verdict, file, text};
use crate::mutate::Form;
use switchnet::Error;
use switchnet::data::{
    CsvOptions, Dataset, Split, Targets, read_csv, read_csv_split, read_idx, read_idx_split,
};

pub(super) fn all() -> Vec<Target> {
    // A cell of one letter is a text of its own, in a table that doubles as it grows.
    let csv = |length| MIB + 256 * length;
    let idx = |length| MIB + 64 * length;
    // Deflate makes at most 1,032 bytes of one.
    let unpacked = |length: usize| MIB + 1032 * 64 * length;
    let words = &[
        "label",
        "header",
        "kind",
        "separator",
        "decimal",
        "columns",
        "drop",
        "one-hot",
        "group",
        "missing",
        "auto",
        "yes",
        "no",
        "first",
        "last",
        "name",
        "classes",
        "values",
        "point",
        "comma",
        "refuse",
        "mean",
        "median",
        "NA",
        "?",
        "1,2,a\n",
        ",",
        ";",
        "\t",
        "\n",
        "\"",
        "\u{feff}",
        "1.0",
        "1,5",
        "2",
        "a",
    ];
    let target = |name, form, run, memory| Target { name, form, words, run, memory };
    // Its pages may claim and hold more than deflated ones; the reader's own bound is on the text of its rows.
    #[cfg(feature = "parquet")]
    let parquet = |length: usize| 3072 * MIB + 1032 * 64 * length;
    vec![
        #[cfg(feature = "parquet")]
        target("parquet", Form::Bytes, packed_csv, parquet),
        target("idx", Form::Bytes, idx_files, idx),
        target("idx-gz", Form::Gzip, packed_idx, unpacked),
        target("csv", Form::Bytes, csv_files, csv),
        target("csv-gz", Form::Gzip, packed_csv, unpacked),
    ]
}

/// Two files in one input: the first has as many bytes as its first two say.
fn two(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk() else { return (bytes, &[]) };
    rest.split_at_checked(u16::from_le_bytes(*length).into()).unwrap_or((rest, &[]))
}

fn plain(set: &Dataset<f32>) {
    assert!(
        set.len() > 0 && set.inputs().len() == set.len() * set.shape().iter().product::<usize>()
    );
    assert!(set.inputs().iter().all(|x| x.is_finite()), "an input that is not finite");
    match set.targets() {
        Targets::Classes { labels, classes } => {
            assert_eq!(labels.len(), set.len());
            assert!(labels.iter().all(|label| label < classes), "a label beyond the classes");
        }
        Targets::Values(values) => {
            assert_eq!(values.nrows(), set.len());
            assert!(values.iter().all(|x| x.is_finite()), "a target that is not finite");
        }
        _ => unreachable!("there are two kinds"),
    }
}

/// Every class has a row in one of the sets.
fn all_classes_occur(sets: &[&Dataset<f32>]) {
    let Targets::Classes { classes, .. } = sets[0].targets() else { return };
    let mut seen = vec![false; *classes];
    sets.iter()
        .flat_map(|set| set.labels().into_iter().flatten())
        .for_each(|&label| seen[label] = true);
    assert!(seen.iter().all(|&seen| seen), "a class without a row");
}

fn idx_files(bytes: &[u8]) -> Verdict {
    let (images, labels) = two(bytes);
    let (images, labels) = (file("images", images), file("labels", labels));
    let set: Dataset<f32> = read_idx(&images, &labels).map_err(text)?;
    plain(&set);
    let largest = set.labels().into_iter().flatten().max().expect("a set has rows");
    assert_eq!(largest + 1, set.targets().width());
    let split: Split<f32> =
        read_idx_split(&images, &labels, &images, &labels).expect("the same files");
    assert!(split.train == set && split.test == set);
    Ok(())
}

/// An image file, packed or not; the labels go by.
fn packed_idx(bytes: &[u8]) -> Verdict {
    let labels = file("labels", &[&[0, 0, 8, 1, 0, 0, 0, 3][..], &[0, 1, 4]].concat());
    let set: Dataset<f32> = read_idx(&file("images", bytes), &labels).map_err(text)?;
    assert_eq!(set.len(), 3);
    plain(&set);
    Ok(())
}

/// A digit for how many files there are, a line with the options as JSON or nothing in it, and the files.
fn csv_files(bytes: &[u8]) -> Verdict {
    let (&count, rest) =
        bytes.split_first().ok_or("how many files: expected 1 or 2, found none")?;
    let end = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    let (line, rest) = rest.split_at(end);
    let options: CsvOptions = match line {
        [] => CsvOptions::default(),
        line => serde_json::from_slice(line).map_err(|e| text(Error::new("options", "JSON", e)))?,
    };
    let rest = rest.get(1..).unwrap_or_default();
    if count != b'2' {
        return one_csv(rest, &options);
    }
    let (train, test) = two(rest);
    let split: Split<f32> =
        read_csv_split(&file("train", train), &file("test", test), &options).map_err(text)?;
    [&split.train, &split.test].into_iter().for_each(plain);
    all_classes_occur(&[&split.train, &split.test]);
    assert_eq!(split.train.shape(), split.test.shape());
    Ok(())
}

fn packed_csv(bytes: &[u8]) -> Verdict {
    one_csv(bytes, &CsvOptions::default())
}

fn one_csv(bytes: &[u8], options: &CsvOptions) -> Verdict {
    let set: Dataset<f32> = read_csv(&file("train", bytes), options).map_err(text)?;
    plain(&set);
    all_classes_occur(&[&set]);
    Ok(())
}
