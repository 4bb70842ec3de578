//! Parquet files are tables as CSV files are: the same columns in both give the same data set.
#![allow(missing_docs)]

#[macro_use]
#[path = "laws/common/mod.rs"]
#[allow(dead_code, unused_imports)] // each program uses its part
mod common;

use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::{ByteArray, FixedLenByteArray};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use switchnet::data::{
    CsvOptions, Dataset, LabelColumn, Missing, Source, TargetKind, read_csv, read_csv_as,
    read_csv_split,
};
use switchnet::{Result, Scalar};
use tempfile::TempDir;

/// A column, `None` where a value is missing.
enum Values {
    Bool(Vec<Option<bool>>),
    Int32(Vec<Option<i32>>),
    Int64(Vec<Option<i64>>),
    Float(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Text(Vec<Option<&'static str>>),
    Fixed(Vec<Option<&'static [u8]>>),
}

/// Writes columns under their types as Parquet's own language says them, all rows in each of so many groups.
fn table(path: &Path, packed: Compression, columns: &[(&str, Values)], groups: usize) {
    // A group of columns ends without a semicolon.
    let end = |field: &str| if field.ends_with('}') { "" } else { ";" };
    let fields: Vec<String> =
        columns.iter().map(|(field, _)| format!("{field}{}", end(field))).collect();
    let schema = format!("message table {{ {} }}", fields.join(" "));
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let properties = Arc::new(WriterProperties::builder().set_compression(packed).build());
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, properties).unwrap();
    for _ in 0..groups {
        let mut group = writer.next_row_group().unwrap();
        for (field, values) in columns {
            let optional = field.starts_with("OPTIONAL");
            let mut column = group.next_column().unwrap().unwrap();
            macro_rules! put {
                ($writer:ident, $values:expr, $to:expr) => {{
                    let levels: Vec<i16> = $values.iter().map(|v| i16::from(v.is_some())).collect();
                    let there: Vec<_> = $values.iter().flatten().map($to).collect();
                    $writer.write_batch(&there, optional.then_some(&levels), None).unwrap();
                }};
            }
            match (column.untyped(), values) {
                (ColumnWriter::BoolColumnWriter(w), Values::Bool(v)) => put!(w, v, |x| *x),
                (ColumnWriter::Int32ColumnWriter(w), Values::Int32(v)) => put!(w, v, |x| *x),
                (ColumnWriter::Int64ColumnWriter(w), Values::Int64(v)) => put!(w, v, |x| *x),
                (ColumnWriter::FloatColumnWriter(w), Values::Float(v)) => put!(w, v, |x| *x),
                (ColumnWriter::DoubleColumnWriter(w), Values::Double(v)) => put!(w, v, |x| *x),
                (ColumnWriter::ByteArrayColumnWriter(w), Values::Text(v)) => {
                    put!(w, v, |x| ByteArray::from(*x))
                }
                (ColumnWriter::FixedLenByteArrayColumnWriter(w), Values::Fixed(v)) => {
                    put!(w, v, |x| FixedLenByteArray::from(x.to_vec()))
                }
                _ => panic!("{field}: another type"),
            }
            column.close().unwrap();
        }
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn all<T: Copy>(values: &[T]) -> Vec<Option<T>> {
    values.iter().map(|value| Some(*value)).collect()
}

const PLANTS: &str = "width,height,count,wild,color,kind\n\
    0.5,1e300,4294967295,1,red,oak\n-1.25,2,3,0,\"blue, light\",ash\n,7,0,1,red,oak\n";

fn plants(folder: &TempDir, packed: Compression) -> PathBuf {
    let path = folder.path().join("plants.parquet");
    let columns = [
        ("OPTIONAL FLOAT width", Values::Float(vec![Some(0.5), Some(-1.25), None])),
        ("REQUIRED DOUBLE height", Values::Double(all(&[1e300, 2.0, 7.0]))),
        ("REQUIRED INT32 count (INTEGER(32,false))", Values::Int32(all(&[-1, 3, 0]))),
        ("REQUIRED BOOLEAN wild", Values::Bool(all(&[true, false, true]))),
        ("OPTIONAL BYTE_ARRAY color (STRING)", Values::Text(all(&["red", "blue, light", "red"]))),
        ("REQUIRED BYTE_ARRAY kind (UTF8)", Values::Text(all(&["oak", "ash", "oak"]))),
    ];
    table(&path, packed, &columns, 1);
    path
}

#[test]
fn the_same_columns_are_the_same_set() {
    let folder = TempDir::new().unwrap();
    let csv = folder.path().join("plants.csv");
    std::fs::write(&csv, PLANTS).unwrap();
    for packed in [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::ZSTD(ZstdLevel::default()),
        Compression::GZIP(Default::default()),
    ] {
        let parquet = plants(&folder, packed);
        for missing in [Missing::Drop, Missing::Mean, Missing::Median] {
            let one_hot = vec!["color".into()];
            let options = CsvOptions { one_hot, missing, ..CsvOptions::default() };
            let [a, b]: [Dataset<f64>; 2] =
                [&csv, &parquet].map(|path| read_csv(path, &options).unwrap());
            assert_eq!(a, b, "{packed:?}, {missing:?}");
            assert_eq!(a.inputs()[[0, 1]], 1e300);
            // One is read by the schema of the other.
            let again = read_csv_as::<f64>(&parquet, a.schema(), &options, &mut |_| ()).unwrap();
            assert_eq!(again.inputs(), a.inputs());
        }
    }
}

fn exact_numbers<T: Scalar>() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("n.parquet");
    let floats = [f32::MIN_POSITIVE, 0.1, f32::MAX, 1.0 / 3.0];
    let wholes = [i64::from(i32::MIN), 1 << 53, 7, 0];
    let columns = [
        ("REQUIRED FLOAT a", Values::Float(all(&floats))),
        ("REQUIRED INT64 b", Values::Int64(all(&wholes))),
        ("REQUIRED INT64 price (DECIMAL(10,2))", Values::Int64(all(&[-5, 12_345, 0, 100]))),
        (
            "REQUIRED FIXED_LEN_BYTE_ARRAY(4) part (DECIMAL(9,3))",
            Values::Fixed(all(&[&[0xFF; 4], &[0, 0, 4, 0], &[0; 4], &[0, 0, 0, 1]])),
        ),
        ("REQUIRED BYTE_ARRAY kind (STRING)", Values::Text(all(&["x", "y", "x", "y"]))),
    ];
    table(&path, Compression::SNAPPY, &columns, 2);
    let set: Dataset<T> = read_csv(&path, &CsvOptions::default()).unwrap();
    assert_eq!(set.len(), 8, "the rows of all groups");
    for row in 0..8 {
        let expected = [
            f64::from(floats[row % 4]),
            wholes[row % 4] as f64,
            [-0.05, 123.45, 0.0, 1.0][row % 4],
            [-0.001, 1.024, 0.0, 0.001][row % 4],
        ];
        let expected: Vec<T> = expected.into_iter().map(T::of).collect();
        assert_eq!(set.inputs().row(row).to_vec(), expected, "row {row}");
    }
}

in_both_precisions!(exact_numbers);

/// What is no number and no text is refused by its place, and may be left out; no line is counted where there is none.
#[test]
fn other_columns_are_refused_or_left_out() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("d.parquet");
    let day = || ("OPTIONAL INT32 day (DATE)", Values::Int32(vec![None, Some(19_723), Some(2)]));
    let size = ("REQUIRED DOUBLE size", Values::Double(all(&[1.0, 2.5, f64::NAN])));
    let kind = ("REQUIRED BYTE_ARRAY kind", Values::Text(all(&["a", "b", "a"])));
    table(&path, Compression::SNAPPY, &[day(), size, kind], 1);
    let read = |options: &CsvOptions| read_csv::<f64>(&path, options);
    let refusal = |options: &CsvOptions| read(options).unwrap_err().to_string();
    let plain = CsvOptions::default();
    assert!(refusal(&plain).contains("row 0, column 1 (day): expected a finite number, found an"));
    let drop = CsvOptions { missing: Missing::Drop, ..plain.clone() };
    let found = refusal(&drop);
    assert!(found.contains("row 1, column 1 (day)") && found.contains("\"(19723)\""), "{found}");
    let day = CsvOptions { drop: vec!["day".into()], ..plain };
    assert!(
        refusal(&day).contains("row 2, column 2 (size): expected a finite number, found \"NaN")
    );
    let both = CsvOptions { missing: Missing::Drop, ..day };
    assert_eq!(read(&both).unwrap().inputs(), ndarray::array![[1.0], [2.5]]);
}

/// Bytes and nested values look alike: no classes, no groups and no texts to tell apart.
#[test]
fn what_looks_alike_is_no_class_and_no_group() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(format!("{name}.parquet"));
    let write = |name, field, odd| {
        let columns = [
            ("REQUIRED DOUBLE size", Values::Double(all(&[1.0, 2.5, 4.0]))),
            (field, odd),
            ("REQUIRED BYTE_ARRAY kind (STRING)", Values::Text(all(&["a", "b", "a"]))),
        ];
        table(&path(name), Compression::SNAPPY, &columns, 1);
    };
    write(
        "bytes",
        "REQUIRED FIXED_LEN_BYTE_ARRAY(4) odd",
        Values::Fixed(all(&[&[0xFF; 4], &[0xFE; 4], &[0xFF; 4]])),
    );
    let uuids = Values::Fixed(all(&[&[1; 16], &[2; 16], &[1; 16]]));
    write("UUIDs", "REQUIRED FIXED_LEN_BYTE_ARRAY(16) odd (UUID)", uuids);
    let numbers = Values::Int32(all(&[7, 8, 7]));
    write("nested values", "REQUIRED GROUP odd { REQUIRED INT32 a; }", numbers);
    let texts = Values::Text(all(&["p", "q", "p"]));
    write("plain", "REQUIRED BYTE_ARRAY odd (STRING)", texts);
    let plain = path("plain");
    let label = |name: &str| LabelColumn::Name(name.into());
    let options = CsvOptions { label: label("kind"), ..CsvOptions::default() };
    let target = CsvOptions { label: label("odd"), drop: vec!["kind".into()], ..options.clone() };
    let one_hot = CsvOptions { one_hot: vec!["odd".into()], ..options.clone() };
    let group = CsvOptions { group: Some("odd".into()), ..options.clone() };
    let drop = CsvOptions { drop: vec!["odd".into()], ..options };
    for kind in ["bytes", "UUIDs", "nested values"] {
        let path = path(kind);
        let uses = [("target column", &target), ("one-hot", &one_hot), ("group", &group)];
        for (what, options) in uses {
            let found = read_csv::<f64>(&path, options).unwrap_err().to_string();
            let expected = "expected a column of numbers or texts";
            let message = format!(": {what}: {expected}, found {kind} in column odd");
            assert!(found.ends_with(&message), "{found}");
            assert!(read_csv::<f64>(&plain, options).is_ok());
            // Nor in rows to choose by.
            let (train, validation) = (plain.clone(), Some(path.clone()));
            let test = Some(plain.clone());
            let source = Source::Csv { train, validation, test, options: options.clone() };
            let found = source.load::<f64>().unwrap_err().to_string();
            match what {
                "one-hot" => assert!(found.contains("expected one of p, q"), "{found}"),
                _ => assert!(found.ends_with(&message), "{found}"),
            }
        }
        assert_eq!(read_csv::<f64>(&path, &drop).unwrap().len(), 3);
    }
}

#[test]
fn a_table_of_parquet_is_split_and_understood_as_any() {
    let folder = TempDir::new().unwrap();
    let [train, test] = ["train", "test"].map(|name| folder.path().join(format!("{name}.parquet")));
    let x: Vec<f64> = (0..20).map(|i| 0.5 + f64::from(i)).collect();
    let columns = |kind| {
        [
            ("REQUIRED INT64 x", Values::Int64(all(&[5, 3, 5, 1]))),
            ("REQUIRED INT32 kind", Values::Int32(all(&[kind, 1, 2, 1]))),
        ]
    };
    table(&train, Compression::SNAPPY, &columns(1), 3);
    table(&test, Compression::UNCOMPRESSED, &columns(4), 1);
    let split = read_csv_split::<f32>(&train, &test, &CsvOptions::default()).unwrap();
    assert_eq!((split.train.len(), split.test.len()), (12, 4));
    assert_eq!(split.train.schema().classes, ["1", "2", "4"]);
    let values = folder.path().join("values.parquet");
    let y = ("REQUIRED DOUBLE y", Values::Double(all(&x)));
    table(&values, Compression::SNAPPY, &[("REQUIRED DOUBLE x", Values::Double(all(&x))), y], 1);
    let mut notes = Vec::new();
    let options = CsvOptions { kind: TargetKind::Auto, ..CsvOptions::default() };
    let source = Source::Csv { train: values, validation: None, test: None, options };
    source.load_noting::<f32>(&mut |line| notes.push(line.to_owned())).unwrap();
    assert!(notes[0].contains("target \"y\" (column 2): values"), "{notes:?}");
}

/// Wherever a file is cut off or a byte is another, it is refused or read; nothing panics.
#[test]
fn damaged_files_are_refused() {
    let folder = TempDir::new().unwrap();
    let whole = std::fs::read(plants(&folder, Compression::SNAPPY)).unwrap();
    let path = folder.path().join("spoilt.parquet");
    let options = CsvOptions {
        drop: vec!["width".into()],
        one_hot: vec!["color".into()],
        ..CsvOptions::default()
    };
    let read = |bytes: &[u8]| -> Result<Dataset<f64>> {
        std::fs::write(&path, bytes).unwrap();
        read_csv(&path, &options)
    };
    assert!(read(&whole).is_ok());
    for cut in 4..whole.len() {
        let message = read(&whole[..cut]).unwrap_err().to_string();
        assert!(message.contains("Parquet file: expected an undamaged, complete one"), "{message}");
    }
    for place in 4..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x55;
        if let Err(error) = read(&bytes) {
            assert!(!error.to_string().contains('\n'));
        }
    }
}
