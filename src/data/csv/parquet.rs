//! Parquet files, as the text of a CSV file with a header: so a table means the same in both.

use super::super::file::room;
use crate::error::{Error, Result};
use parquet::basic::{ConvertedType, LogicalType};
use parquet::basic::{Encoding, PageType};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType, FixedLenByteArray};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::schema::types::ColumnDescriptor;
use std::fmt::Display;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// So many cells are in memory as texts of their own.
const CELLS: usize = 1 << 16;

/// So many places a decimal number may have behind the point.
const MOST_PLACES: usize = 100;

/// The rows of a Parquet file as CSV, and of each column what is in it that its cells do not show, such as bytes. Missing values are empty cells, booleans 0 and 1. What is neither number nor text is a text in parentheses, which
/// no feature takes for a number.
///
/// As with a packed CSV file, the text may have 64 MiB or 100 times the bytes of the file.
pub(super) fn text(path: &Path) -> Result<(Vec<u8>, Vec<Option<&'static str>>)> {
    let file = File::open(path).map_err(|error| Error::io(path, error))?;
    let length = file.metadata().map_err(|error| Error::io(path, error))?.len();
    // At some damaged pages the crate panics. Nothing that it worked on is used any more then.
    let read = AssertUnwindSafe(|| rows(file, room(length)));
    let read = catch_unwind(read).unwrap_or_else(|_| Err(damaged("one at which its reader fails")));
    read.map_err(|error| error.at(path.display()))
}

fn rows(file: File, room: u64) -> Result<(Vec<u8>, Vec<Option<&'static str>>)> {
    let reader = SerializedFileReader::new(file).map_err(damaged)?;
    let metadata = reader.metadata();
    let claims = || metadata.row_groups().iter().flat_map(|group| group.columns());
    let claimed = claims().try_fold(0_u64, |sum, column| {
        sum.checked_add(u64::try_from(column.uncompressed_size()).ok()?)
    });
    if claimed.is_none_or(|claimed| claimed > room) {
        return Err(too_much(room));
    }
    // The crate relies on these.
    for column in claims() {
        let starts = [Some(column.data_page_offset()), column.dictionary_page_offset()];
        let numbers = starts.into_iter().flatten().chain([column.compressed_size()]);
        if numbers.min().is_some_and(|least| least < 0) {
            return Err(damaged("a column of negative place or size"));
        }
    }
    let schema = metadata.file_metadata().schema_descr();
    let names = schema.root_schema().get_fields().iter().map(|field| field.name());
    // Where the numbers of a column are; of a nested one, in several places or several times a row.
    let mut places: Vec<Option<usize>> = vec![None; names.len()];
    for (leaf, column) in schema.columns().iter().enumerate() {
        if column.path().parts().len() == 1 && column.max_rep_level() == 0 {
            places[schema.get_column_root_idx(leaf)] = Some(leaf);
        }
    }
    let mut hidden = vec![None; places.len()];
    let mut text = csv::Writer::from_writer(Vec::new());
    text.write_record(names).map_err(damaged)?;
    for group in 0..metadata.num_row_groups() {
        let group = reader.get_row_group(group).map_err(damaged)?;
        let count = usize::try_from(group.metadata().num_rows()).map_err(damaged)?;
        let mut columns = columns(group.as_ref(), &places)?;
        let step = (CELLS / columns.len().max(1)).max(1);
        for start in (0..count).step_by(step) {
            let rows = step.min(count - start);
            let cells = columns.iter_mut().zip(&mut hidden);
            let cells = cells.map(|(column, hidden)| column.cells(rows, hidden));
            let cells = cells.collect::<Result<Vec<_>>>()?;
            for row in 0..rows {
                text.write_record(cells.iter().map(|cells| &cells[row])).map_err(damaged)?;
            }
            text.flush().map_err(damaged)?;
            if text.get_ref().len() as u64 > room {
                return Err(too_much(room));
            }
        }
    }
    Ok((text.into_inner().map_err(damaged)?, hidden))
}

fn damaged(error: impl Display) -> Error {
    Error::new("Parquet file", "an undamaged, complete one", error)
}

fn too_much(room: u64) -> Error {
    let expected = format_args!("at most {room} bytes when unpacked, as text or as numbers");
    Error::new("Parquet file", expected, "more")
}

/// A column of some rows.
struct Column {
    /// None if it is nested.
    reader: Option<ColumnReader>,
    meaning: Meaning,
    /// What cells are of that do not show what is in them.
    kind: &'static str,
    /// The level that a value has which is there.
    there: i16,
}

/// What the bytes of a column stand for.
#[derive(Clone, Copy)]
enum Meaning {
    Itself,
    Unsigned,
    /// A whole number of so many places behind the point.
    Decimal(usize),
    /// No number and no text.
    Other,
}

fn columns(group: &dyn RowGroupReader, places: &[Option<usize>]) -> Result<Vec<Column>> {
    let column = |place: &Option<usize>| {
        let Some(leaf) = *place else {
            let kind = "nested values";
            return Ok(Column { reader: None, meaning: Meaning::Other, kind, there: 0 });
        };
        let about = group.metadata().column(leaf).column_descr_ptr();
        let pages = group.get_column_page_reader(leaf).map_err(damaged)?;
        let pages = Box::new(Checked { pages, dictionary: false });
        let reader = Some(get_column_reader(about.clone(), pages));
        let kind = match about.logical_type_ref() {
            Some(LogicalType::Uuid) => "UUIDs",
            _ => "bytes",
        };
        Ok(Column { reader, meaning: meaning(&about), kind, there: about.max_def_level() })
    };
    places.iter().map(column).collect()
}

fn meaning(column: &ColumnDescriptor) -> Meaning {
    let decimal = || match usize::try_from(column.type_scale()) {
        Ok(places) if places <= MOST_PLACES => Meaning::Decimal(places),
        _ => Meaning::Other,
    };
    match (column.logical_type_ref(), column.converted_type()) {
        (Some(LogicalType::Decimal { .. }), _) | (None, ConvertedType::DECIMAL) => decimal(),
        (Some(LogicalType::Integer(about)), _) => match about.is_signed {
            true => Meaning::Itself,
            false => Meaning::Unsigned,
        },
        (
            None,
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64,
        ) => Meaning::Unsigned,
        (Some(LogicalType::String | LogicalType::Enum | LogicalType::Json), _)
        | (
            None,
            ConvertedType::NONE
            | ConvertedType::UTF8
            | ConvertedType::ENUM
            | ConvertedType::JSON
            | ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64,
        ) => Meaning::Itself,
        _ => Meaning::Other,
    }
}

impl Column {
    /// The cells of the next rows. Says in `hidden` what is in one that does not show it.
    fn cells(&mut self, rows: usize, hidden: &mut Option<&'static str>) -> Result<Vec<String>> {
        use ColumnReader as R;
        let (meaning, kind, there) = (self.meaning, self.kind, self.there);
        let whole = |number: i128, other: &dyn Display| match meaning {
            Meaning::Itself | Meaning::Unsigned => number.to_string(),
            Meaning::Decimal(places) => decimal(number, places),
            Meaning::Other => format!("({other})"),
        };
        let mut bytes = |bytes: &[u8]| match (meaning, std::str::from_utf8(bytes)) {
            (Meaning::Itself, Ok(text)) => text.to_owned(),
            (Meaning::Decimal(places), _) if (1..=16).contains(&bytes.len()) => {
                let sign = if bytes[0] >= 0x80 { -1 } else { 0 };
                let digits = bytes.iter().fold(sign, |n: i128, &byte| n << 8 | i128::from(byte));
                decimal(digits, places)
            }
            _ => {
                *hidden = Some(kind);
                format!("({} bytes)", bytes.len())
            }
        };
        match &mut self.reader {
            None => {
                *hidden = Some(kind);
                Ok(vec!["(nested)".to_owned(); rows])
            }
            Some(R::BoolColumnReader(of)) => read(of, rows, there, |x| u8::from(*x).to_string()),
            Some(R::Int32ColumnReader(of)) => read(of, rows, there, |x| match meaning {
                Meaning::Unsigned => x.cast_unsigned().to_string(),
                _ => whole((*x).into(), x),
            }),
            Some(R::Int64ColumnReader(of)) => read(of, rows, there, |x| match meaning {
                Meaning::Unsigned => x.cast_unsigned().to_string(),
                _ => whole((*x).into(), x),
            }),
            Some(R::Int96ColumnReader(of)) => {
                read(of, rows, there, |x| format!("({:?})", x.data()))
            }
            // With an exponent where there would be many zeros.
            Some(R::FloatColumnReader(of)) => {
                read(of, rows, there, |x| format!("{:?}", f64::from(*x)))
            }
            Some(R::DoubleColumnReader(of)) => read(of, rows, there, |x| format!("{x:?}")),
            Some(R::ByteArrayColumnReader(of)) => {
                read(of, rows, there, |x: &ByteArray| bytes(x.data()))
            }
            Some(R::FixedLenByteArrayColumnReader(of)) => {
                read(of, rows, there, |x: &FixedLenByteArray| bytes(x.data()))
            }
        }
    }
}

/// The pages of a column, in the encodings in which the crate does not panic at damaged bytes: others are those of texts by
/// their differences, which hardly anybody writes. It expects a dictionary before what is looked up in it.
struct Checked {
    pages: Box<dyn PageReader>,
    dictionary: bool,
}

impl PageReader for Checked {
    fn get_next_page(&mut self) -> parquet::errors::Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page {
            let refuse = |what: String| Err(ParquetError::General(what));
            match page.encoding() {
                _ if page.page_type() == PageType::DICTIONARY_PAGE => self.dictionary = true,
                Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY if !self.dictionary => {
                    return refuse("no dictionary".to_owned());
                }
                Encoding::PLAIN
                | Encoding::PLAIN_DICTIONARY
                | Encoding::RLE_DICTIONARY
                | Encoding::RLE
                | Encoding::DELTA_BINARY_PACKED
                | Encoding::BYTE_STREAM_SPLIT => {}
                other => return refuse(format!("the encoding {other}, which is not read")),
            }
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> parquet::errors::Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> parquet::errors::Result<()> {
        self.pages.skip_next_page()
    }
}

impl Iterator for Checked {
    type Item = parquet::errors::Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

/// The next values, each written by `write`; an empty text where there is none.
fn read<D: DataType>(
    reader: &mut ColumnReaderImpl<D>,
    rows: usize,
    there: i16,
    mut write: impl FnMut(&D::T) -> String,
) -> Result<Vec<String>> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let read = reader.read_records(rows, Some(&mut levels), None, &mut values);
    let (found, ..) = read.map_err(damaged)?;
    let mut values = values.iter();
    let mut next = |is: bool| if is { values.next().map(&mut write) } else { Some(String::new()) };
    let cells: Option<Vec<String>> = match there {
        0 => (0..found).map(|_| next(true)).collect(),
        _ => levels.iter().map(|level| next(*level == there)).collect(),
    };
    match cells {
        Some(cells) if cells.len() == rows => Ok(cells),
        _ => Err(damaged(format_args!("{found} values instead of {rows}"))),
    }
}

/// `digits` with the last `places` of them behind the point.
fn decimal(digits: i128, places: usize) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
    let (whole, part) = text.split_at(text.len() - places);
    if part.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}
