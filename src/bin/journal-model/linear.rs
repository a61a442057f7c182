//! The product with a matrix, which is nearly all the work, in the form that is fastest on this processor.

use journaling_ai::error::{Error, Result};
use tch::{Kind, TchError, Tensor};

use crate::operators::Operators;

/// What the numbers of the products are written in. All else is computed in 32-bit floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// 32-bit floats, as the reference computes.
    Exact,
    /// 16-bit floats with the range of 32-bit ones (bfloat16), summed up in 32 bits.
    Brain,
}

impl Precision {
    /// The precision of a name: `f32`, or `auto` for bfloat16 where the processor multiplies it and 32-bit
    /// floats where not.
    pub(crate) fn named(name: &str) -> Self {
        #[cfg(target_arch = "x86_64")]
        if name == "auto" && std::arch::is_x86_feature_detected!("avx512bf16") && Operators::get().is_some() {
            return Precision::Brain;
        }
        Precision::Exact
    }
}

/// A matrix and what is added after it.
pub(crate) struct Linear {
    weight: Tensor,
    bias: Tensor,
    /// With which the weights have been packed.
    operators: Option<&'static Operators>,
}

/// Gives the tensor of a name and shape, or only looks whether it is there and gives an empty one.
pub(crate) type Source<'a> = &'a mut dyn FnMut(&str, &[usize]) -> Result<Tensor>;

impl Linear {
    /// `name.weight` and `name.bias`.
    pub(crate) fn read(source: Source, name: &str, from: usize, to: usize) -> Result<Self> {
        let weight = source(&format!("{name}.weight"), &[to, from])?;
        Ok(Linear { weight, bias: source(&format!("{name}.bias"), &[to])?, operators: None })
    }

    /// One matrix that gives the numbers of all of these, one after the other.
    pub(crate) fn joined(parts: &[Linear]) -> Result<Self> {
        let join = |part: fn(&Linear) -> &Tensor| {
            Tensor::f_cat(&parts.iter().map(part).collect::<Vec<_>>(), 0)
                .map_err(|error| Error::failure(format!("cannot join the weights: {error}")))
        };
        Ok(Linear { weight: join(|part| &part.weight)?, bias: join(|part| &part.bias)?, operators: None })
    }

    /// The same in the layout the processor likes best, where libtorch knows one.
    pub(crate) fn packed(self, precision: Precision) -> Result<Self, TchError> {
        let Some(operators) = Operators::get() else { return Ok(self) };
        let kind = match precision {
            Precision::Exact => Kind::Float,
            Precision::Brain => Kind::BFloat16,
        };
        let weight = operators.pack(&self.weight.f_to_kind(kind)?.f_contiguous()?)?;
        Ok(Linear { weight, bias: self.bias.f_to_kind(kind)?, operators: Some(operators) })
    }

    /// A row of results for each row of `x`, in the precision of the weights.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        match self.operators {
            Some(operators) => operators.linear(&x.f_to_kind(self.bias.kind())?, &self.weight, &self.bias),
            None => x.f_linear(&self.weight, Some(&self.bias)),
        }
    }

    /// As [`Linear::forward`], and its exact GELU (by the error function).
    pub(crate) fn forward_gelu(&self, x: &Tensor) -> Result<Tensor, TchError> {
        match self.operators {
            Some(operators) => operators.linear_gelu(&x.f_to_kind(self.bias.kind())?, &self.weight, &self.bias),
            None => self.forward(x)?.f_gelu("none"),
        }
    }
}
