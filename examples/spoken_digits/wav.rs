//! Recordings in RIFF files: 16-bit mono PCM of 8,000 samples a second, and nothing else.

/// Samples a second.
pub const RATE: u32 = 8000;

/// The samples of a file, −1 to 1.
///
/// # Errors
/// One line that says what cannot be read.
pub fn read(file: &[u8]) -> Result<Vec<f64>, String> {
    if file.get(..4) != Some(b"RIFF") || file.get(8..12) != Some(b"WAVE") {
        return Err("expected a RIFF file of kind WAVE".into());
    }
    let (mut rest, mut format) = (&file[12..], false);
    // A chunk is a name of four letters, a length and so many bytes, filled up to an even number.
    while let Some((head, behind)) = rest.split_at_checked(8) {
        let length = number(&head[4..]) as usize;
        let body =
            behind.get(..length).ok_or("expected whole chunks, found one longer than the file")?;
        match &head[..4] {
            b"fmt " => {
                check(body)?;
                format = true;
            }
            b"data" if !format => return Err("expected the format first, found samples".into()),
            b"data" if length % 2 == 1 => {
                return Err("expected whole samples, found half of one at the end".into());
            }
            b"data" => {
                let sample = |pair: &[u8]| i16::from_le_bytes([pair[0], pair[1]]);
                return Ok(body.chunks_exact(2).map(|s| f64::from(sample(s)) / 32768.0).collect());
            }
            _ => {} // names, dates
        }
        rest = behind.get(length + length % 2..).unwrap_or_default();
    }
    Err("expected a chunk of samples, found none".into())
}

/// Refuses formats that are not read here.
fn check(format: &[u8]) -> Result<(), String> {
    if format.len() < 16 {
        return Err(format!("expected a format of 16 bytes or more, found {}", format.len()));
    }
    let short = |at: usize| u32::from(u16::from_le_bytes([format[at], format[at + 1]]));
    let found = [short(0), short(2), number(&format[4..]), short(14)];
    let names = ["encoding (1 is PCM)", "number of channels", "samples a second", "bits a sample"];
    for ((name, expected), found) in names.iter().zip([1, 1, RATE, 16]).zip(found) {
        if found != expected {
            return Err(format!("{name}: expected {expected}, found {found}"));
        }
    }
    Ok(())
}

/// The first four bytes as a number, the smallest first.
fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// A file that [`read`] reads.
pub fn write(samples: &[f64]) -> Vec<u8> {
    let length = 2 * samples.len() as u32;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1u16, 1].into_iter().flat_map(u16::to_le_bytes)); // PCM, one channel
    file.extend([RATE, 2 * RATE].into_iter().flat_map(u32::to_le_bytes)); // samples, bytes a second
    file.extend([2u16, 16].into_iter().flat_map(u16::to_le_bytes)); // bytes, bits a sample
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(samples.iter().flat_map(|s| ((s * 32767.0) as i16).to_le_bytes()));
    file
}
