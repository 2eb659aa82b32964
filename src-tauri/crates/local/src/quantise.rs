//! Which number formats are slow here, and how a tensor in one of them becomes a fast one.

use std::io::{Read, Write};

use candle_core::Device;
use candle_core::quantized::ggml_file::qtensor_from_ggml;
use candle_core::quantized::{GgmlDType, QTensor};

use crate::error::PrepareError;
use crate::header::TensorEntry;

/// The number of [`FAST`] in the GGUF specification.
pub(crate) const FAST_CODE: u32 = 8;
/// Nearly lossless, and multiplied with vector instructions on every processor that has them.
const FAST: GgmlDType = GgmlDType::Q8_0;
/// Elements that are converted at a time: 16 MiB of 32-bit floats.
const PART: u64 = 4 << 20;

/// The format that a tensor should have here: its own, unless its arithmetic has no fast path.
pub(crate) fn format_to_use(tensor: &TensorEntry) -> Option<GgmlDType> {
    let format = tensor.format?;
    let slow = match format {
        GgmlDType::F32
        | GgmlDType::F16
        | GgmlDType::BF16
        | GgmlDType::Q4_1
        | GgmlDType::Q5_0
        | GgmlDType::Q5_1 => true,
        GgmlDType::Q4_0
        | GgmlDType::Q8_0
        | GgmlDType::Q8_1
        | GgmlDType::Q2K
        | GgmlDType::Q3K
        | GgmlDType::Q4K
        | GgmlDType::Q5K
        | GgmlDType::Q6K
        | GgmlDType::Q8K => false,
    };
    let is_matrix = tensor.dimensions.len() == 2;
    let fits = tensor
        .dimensions
        .first()?
        .is_multiple_of(FAST.block_size() as u64);
    Some(if slow && is_matrix && fits {
        FAST
    } else {
        format
    })
}

/// Bytes that a tensor takes in a format.
pub(crate) fn bytes_in(tensor: &TensorEntry, format: GgmlDType) -> u64 {
    let elements: u64 = tensor.dimensions.iter().product();
    elements / format.block_size() as u64 * format.type_size() as u64
}

/// Reads one tensor and writes it in the fast format, a few rows at a time. `step` hears how many
/// source bytes are done, and stops the work with `false`.
pub(crate) fn convert(
    name: &str,
    tensor: &TensorEntry,
    from: GgmlDType,
    input: &mut impl Read,
    output: &mut impl Write,
    step: &mut impl FnMut(u64) -> bool,
) -> Result<(), PrepareError> {
    let failed = |source| PrepareError::Convert {
        tensor: name.to_owned(),
        source,
    };
    let width = tensor.dimensions.first().copied().unwrap_or(1);
    let mut rows: u64 = tensor.dimensions.iter().skip(1).product();
    let row_bytes = width / from.block_size() as u64 * from.type_size() as u64;
    while rows > 0 {
        let count = rows.min((PART / width).max(1));
        let bytes = count * row_bytes;
        // A new buffer each time: the library reads blocks from it in place and needs its start.
        let mut raw = vec![0; usize::try_from(bytes).unwrap_or(0)];
        input.read_exact(&mut raw).map_err(PrepareError::Read)?;
        let shape = [count, width].map(|size| usize::try_from(size).unwrap_or(0));
        let fast = qtensor_from_ggml(from, &raw, shape.to_vec(), &Device::Cpu)
            .and_then(|slow| QTensor::quantize(&slow.dequantize(&Device::Cpu)?, FAST))
            .map_err(failed)?;
        output
            .write_all(&fast.data().map_err(failed)?)
            .map_err(PrepareError::Write)?;
        rows -= count;
        if !step(bytes) {
            return Err(PrepareError::Cancelled);
        }
    }
    Ok(())
}

/// Copies one tensor as it is.
pub(crate) fn copy(
    bytes: u64,
    input: &mut impl Read,
    output: &mut impl Write,
    step: &mut impl FnMut(u64) -> bool,
) -> Result<(), PrepareError> {
    let mut buffer = vec![0; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(buffer.len() as u64);
        let part = &mut buffer[..usize::try_from(count).unwrap_or(0)];
        input.read_exact(part).map_err(PrepareError::Read)?;
        output.write_all(part).map_err(PrepareError::Write)?;
        left -= count;
        if !step(count) {
            return Err(PrepareError::Cancelled);
        }
    }
    Ok(())
}
