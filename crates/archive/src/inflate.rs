//! Decompression with caps: what really comes out counts, never the claimed size.

use flate2::{Decompress, FlushDecompress, Status};

/// Deflate cannot expand data more than this.
pub(crate) const EXPANSION_MAX: usize = 1032;
/// First allocation where the claimed size is not believed.
const FIRST_ALLOCATION_MAX: usize = 1 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    TooLarge,
    Corrupt,
}

/// Inflates raw deflate data. `claimed` sizes the first allocation only.
pub(crate) fn inflate(data: &[u8], claimed: u64, max: usize) -> Result<Vec<u8>, InflateError> {
    let possible = data.len().saturating_mul(EXPANSION_MAX);
    let claimed = usize::try_from(claimed).unwrap_or(usize::MAX);
    if claimed > max && possible > max {
        return Err(InflateError::TooLarge);
    }
    // One byte more than claimed, so that the stream can end without another round.
    let first = claimed.min(possible).min(max).saturating_add(1);
    let mut out = Vec::with_capacity(first);
    let mut stream = Decompress::new(false);
    loop {
        let consumed = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
        let rest = data.get(consumed..).unwrap_or_default();
        let before = (stream.total_in(), out.len());
        match stream.decompress_vec(rest, &mut out, FlushDecompress::Finish) {
            Ok(Status::StreamEnd) => break,
            Ok(Status::Ok | Status::BufError) => {}
            Err(_) => return Err(InflateError::Corrupt),
        }
        if out.len() > max {
            return Err(InflateError::TooLarge);
        }
        if out.len() == out.capacity() {
            let room = max.saturating_add(1).saturating_sub(out.len());
            if room == 0 {
                return Err(InflateError::TooLarge);
            }
            out.reserve_exact(out.len().clamp(4096, FIRST_ALLOCATION_MAX << 4).min(room));
        } else if before == (stream.total_in(), out.len()) {
            return Err(InflateError::Corrupt);
        }
    }
    if out.len() > max { Err(InflateError::TooLarge) } else { Ok(out) }
}

/// Inflates at most `max` bytes and stops there without complaint.
pub(crate) fn inflate_prefix(data: &[u8], max: usize) -> Result<Vec<u8>, InflateError> {
    let mut out = Vec::with_capacity(max.min(data.len().saturating_mul(EXPANSION_MAX)));
    if out.capacity() == 0 {
        return Ok(out);
    }
    let mut stream = Decompress::new(false);
    match stream.decompress_vec(data, &mut out, FlushDecompress::None) {
        Ok(_) => {
            out.truncate(max);
            Ok(out)
        }
        Err(_) if !out.is_empty() => Ok(out),
        Err(_) => Err(InflateError::Corrupt),
    }
}

/// Inflates through a fixed buffer. Returns size and CRC-32 of what came out.
pub(crate) fn inflate_check(data: &[u8], max: u64) -> Result<(u64, u32), InflateError> {
    let mut buffer = vec![0u8; 64 * 1024];
    let mut stream = Decompress::new(false);
    let mut hasher = crc32fast::Hasher::new();
    loop {
        let (consumed, produced) = (stream.total_in(), stream.total_out());
        let rest = usize::try_from(consumed).ok().and_then(|at| data.get(at..)).unwrap_or_default();
        let status = stream
            .decompress(rest, &mut buffer, FlushDecompress::None)
            .map_err(|_| InflateError::Corrupt)?;
        let fresh = usize::try_from(stream.total_out().saturating_sub(produced)).unwrap_or(0);
        hasher.update(buffer.get(..fresh).unwrap_or_default());
        if stream.total_out() > max {
            return Err(InflateError::TooLarge);
        }
        if status == Status::StreamEnd {
            return Ok((stream.total_out(), hasher.finalize()));
        }
        if fresh == 0 && stream.total_in() == consumed {
            return Err(InflateError::Corrupt);
        }
    }
}
