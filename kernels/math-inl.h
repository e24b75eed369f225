// exp, erf and tanh of vectors of float32. Included once for each instruction set.
//
// The polynomials were fitted for this file, by least squares with weights that even the error out.
#if defined(HENSON_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef HENSON_KERNELS_MATH_INL_H_
#undef HENSON_KERNELS_MATH_INL_H_
#else
#define HENSON_KERNELS_MATH_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace henson::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// c0 + c1 x + c2 x² + …
template <class D, class V = hn::Vec<D>>
HWY_INLINE V polynomial(D, V, V c0) {
  return c0;
}
template <class D, class V = hn::Vec<D>, class... Rest>
HWY_INLINE V polynomial(D d, V x, V c0, Rest... rest) {
  return hn::MulAdd(polynomial(d, x, rest...), x, c0);
}

/// e^x, within 2 units in the last place; exactly 0 where it would be denormal, so that what a mask
/// hides has no part in a sum.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp(D d, V x) {
  const hn::RebindToSigned<D> di;
  const V lowest = hn::Set(d, -87.3F);
  const V clamped = hn::Min(hn::Max(x, lowest), hn::Set(d, 88.7F));
  const V whole = hn::Round(hn::Mul(clamped, hn::Set(d, 1.44269504F)));
  // ln 2 in two parts: the first has zeros at its end, so that the product is exact.
  V rest = hn::NegMulAdd(whole, hn::Set(d, 0.693359375F), clamped);
  rest = hn::NegMulAdd(whole, hn::Set(d, -2.12194440e-4F), rest);
  const V series =
      polynomial(d, rest, hn::Set(d, 1.0F), hn::Set(d, 1.0F), hn::Set(d, 0.5F),
                 hn::Set(d, 0.166666672F), hn::Set(d, 0.0416664667F), hn::Set(d, 0.00833337288F),
                 hn::Set(d, 0.00139304355F), hn::Set(d, 0.000198984507F));
  // 2^whole in two factors: 2^128 alone is no float.
  const auto power = hn::ConvertTo(di, whole);
  const auto half = hn::ShiftRight<1>(power);
  const auto bias = hn::Set(di, 127);
  const V first = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V second = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(power, half), bias)));
  const V result = hn::Mul(hn::Mul(series, first), second);
  const V limited = hn::IfThenZeroElse(hn::Lt(x, lowest), result);
  // Max and Min lose NaN.
  return hn::IfThenElse(hn::Eq(x, x), limited, x);
}

/// e^x for x <= 0, as softmax needs it: half the instructions of exp. Likewise exactly 0 where it
/// would be denormal. What it gives above 0 is right up to 88.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of_negative(D d, V x) {
  const hn::RebindToSigned<D> di;
  // Adding 1.5 · 2^23 rounds to a whole number, and leaves it in the lowest bits.
  const V shifter = hn::Set(d, 12582912.0F);
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504F), shifter);
  const V whole = hn::Sub(shifted, shifter);
  V rest = hn::NegMulAdd(whole, hn::Set(d, 0.693359375F), x);
  rest = hn::NegMulAdd(whole, hn::Set(d, -2.12194440e-4F), rest);
  const V series = polynomial(d, rest, hn::Set(d, 1.0F), hn::Set(d, 1.0F), hn::Set(d, 0.49999994F),
                              hn::Set(d, 0.166665196F), hn::Set(d, 0.0416684F),
                              hn::Set(d, 0.00836885162F), hn::Set(d, 0.00138143194F));
  // 2^whole, by adding to the exponent.
  const auto exponent = hn::ShiftLeft<23>(hn::BitCast(di, shifted));
  const V result = hn::BitCast(d, hn::Add(hn::BitCast(di, series), exponent));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -87.3F)), result);
}

/// The error function, within 4e-7.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V erf(D d, V x) {
  const V limit = hn::Set(d, 3.92F);
  const V clamped = hn::Min(hn::Max(x, hn::Neg(limit)), limit);
  const V square = hn::Mul(clamped, clamped);
  const V above =
      polynomial(d, square, hn::Set(d, 1.12837875F), hn::Set(d, 0.206051603F),
                 hn::Set(d, 0.0513888896F), hn::Set(d, 0.00397018855F), hn::Set(d, 0.000148918916F),
                 hn::Set(d, -1.99400574e-6F), hn::Set(d, 1.99223322e-8F));
  const V below =
      polynomial(d, square, hn::Set(d, 1.0F), hn::Set(d, 0.515937269F), hn::Set(d, 0.117538564F),
                 hn::Set(d, 0.0148837995F), hn::Set(d, 0.00102345773F));
  return hn::Div(hn::Mul(clamped, above), below);
}

/// The hyperbolic tangent, within 4e-7.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh(D d, V x) {
  const V limit = hn::Set(d, 9.0F);
  const V clamped = hn::Min(hn::Max(x, hn::Neg(limit)), limit);
  const V square = hn::Mul(clamped, clamped);
  const V above = polynomial(d, square, hn::Set(d, 0.999999881F), hn::Set(d, 0.13373293F),
                             hn::Set(d, 0.00348669314F), hn::Set(d, 2.04735516e-5F),
                             hn::Set(d, 1.31863906e-8F));
  const V below =
      polynomial(d, square, hn::Set(d, 1.0F), hn::Set(d, 0.467065901F), hn::Set(d, 0.0258424096F),
                 hn::Set(d, 0.000327156275F), hn::Set(d, 7.70359691e-7F));
  return hn::Div(hn::Mul(clamped, above), below);
}

/// 1 / (1 + e^-x)
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  return hn::Div(one, hn::Add(one, exp(d, hn::Neg(x))));
}

}  // namespace henson::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
