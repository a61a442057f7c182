//! Operators that libtorch carries and tch's generated interface does not reach, called through scripts of a
//! few lines, which libtorch reads as it would a saved model.
//!
//! - oneDNN's product of a matrix with weights that were laid out for the processor once, and its exact GELU
//!   in the same pass. The ordinary product of libtorch goes to MKL, which on processors that are not Intel's
//!   stays below half of what they can do: on a core of Zen 5, 94 GFLOP/s where oneDNN reaches 205 (512 rows,
//!   384 to 1536 numbers).
//! - Attention in one pass, without its scores in memory. tch has it too, but cannot leave out the mask.

use std::io::{Cursor, Write};
use std::sync::LazyLock;

use tch::{CModule, Device, IValue, Kind, TchError, Tensor};
use zip::result::ZipResult;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The number is how many rows the weights are laid out for; other numbers are computed with the same layout
/// as fast.
const PRODUCTS: &str = r#"class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def pack(self: __torch__.Operators,
    weight: Tensor) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(weight, 512)
  def linear(self: __torch__.Operators,
    x: Tensor,
    weight: Tensor,
    bias: Tensor) -> Tensor:
    _0 = annotate(List[Optional[number]], [])
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", _0, "")
  def linear_gelu(self: __torch__.Operators,
    x: Tensor,
    weight: Tensor,
    bias: Tensor) -> Tensor:
    _0 = annotate(List[Optional[number]], [])
    return ops.mkldnn._linear_pointwise(x, weight, bias, "gelu", _0, "none")
"#;

const ATTENTION: &str = r#"class Operators(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  def attention(self: __torch__.Operators,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    added: Optional[Tensor]) -> Tensor:
    return torch.scaled_dot_product_attention(query, key, value, added)
"#;

/// Python's pickle of an `Operators` with `training` false, and of an empty tuple.
const OBJECT: &[u8] = b"\x80\x02c__torch__\nOperators\nq\x00)\x81}(X\x08\x00\x00\x00trainingq\x01\x89ubq\x02.";
const CONSTANTS: &[u8] = b"\x80\x02).";

/// The scripts, once they have been read.
pub(crate) struct Operators {
    products: CModule,
}

impl Operators {
    /// The operators, unless this libtorch has none or not for this processor.
    pub(crate) fn get() -> Option<&'static Operators> {
        static OPERATORS: LazyLock<Option<Operators>> = LazyLock::new(|| {
            let operators = Operators { products: script(PRODUCTS).ok()? };
            let try_them = || {
                operators.linear(
                    &Tensor::ones([1, 2], FLOAT),
                    &operators.pack(&Tensor::ones([2, 2], FLOAT))?,
                    &Tensor::ones([2], FLOAT),
                )
            };
            try_them().is_ok().then_some(operators)
        });
        OPERATORS.as_ref()
    }

    /// The weights of a product, laid out for the processor.
    pub(crate) fn pack(&self, weight: &Tensor) -> Result<Tensor, TchError> {
        self.products.method_ts("pack", &[weight])
    }

    /// `x` times the packed weights, and the bias added. All three have the same type of numbers.
    pub(crate) fn linear(&self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, TchError> {
        self.products.method_ts("linear", &[x, weight, bias])
    }

    /// As [`Operators::linear`], and its exact GELU (by the error function).
    pub(crate) fn linear_gelu(&self, x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, TchError> {
        self.products.method_ts("linear_gelu", &[x, weight, bias])
    }
}

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

/// What each row of `query` takes from `value`, by how much its product with the rows of `key` weighs after
/// `added` is. All are texts × heads × pieces × numbers, `added` heads × pieces × pieces.
pub(crate) fn attention(query: Tensor, key: Tensor, value: Tensor, added: Option<&Tensor>) -> Result<Tensor, TchError> {
    static ATTENTION: LazyLock<Result<CModule, String>> =
        LazyLock::new(|| script(self::ATTENTION).map_err(|error| error.to_string()));
    let script = ATTENTION.as_ref().map_err(|error| TchError::Torch(error.clone()))?;
    let added = added.map_or(IValue::None, |added| IValue::Tensor(added.shallow_clone()));
    let taken = script.method_is("attention", &[query.into(), key.into(), value.into(), added])?;
    Tensor::try_from(taken)
}

/// Hands a script to libtorch as it saves one: an archive, uncompressed.
fn script(text: &str) -> Result<CModule, TchError> {
    let archived = || -> ZipResult<Vec<u8>> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let plain = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        let files: [(&str, &[u8]); 4] = [
            ("operators/data.pkl", OBJECT),
            ("operators/code/__torch__.py", text.as_bytes()),
            ("operators/constants.pkl", CONSTANTS),
            ("operators/version", b"3\n"),
        ];
        for (name, content) in files {
            archive.start_file(name, plain)?;
            archive.write_all(content)?;
        }
        Ok(archive.finish()?.into_inner())
    };
    let archived = archived().map_err(|error| TchError::Torch(error.to_string()))?;
    CModule::load_data(&mut archived.as_slice())
}
