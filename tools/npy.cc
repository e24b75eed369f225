#include "tools/npy.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "loader/bytes.h"
#include "loader/limits.h"
#include "tools/numbers.h"

namespace henson::tools {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::size_t kAlignment = 64;

struct Descr {
  std::string_view text;
  DType dtype;
};
// Those that NumPy writes on this machine; single bytes have no order.
constexpr std::array<Descr, 9> kDescrs{{{"|b1", DType::kBool},
                                        {"|u1", DType::kUInt8},
                                        {"|i1", DType::kInt8},
                                        {"<i2", DType::kInt16},
                                        {"<i4", DType::kInt32},
                                        {"<i8", DType::kInt64},
                                        {"<f2", DType::kFloat16},
                                        {"<f4", DType::kFloat32},
                                        {"<f8", DType::kFloat64}}};

[[noreturn]] void bad_array(const std::string& array, const std::string& message) {
  throw Error(ErrorCode::kBadInput, "array `" + array + "`: " + message);
}

/// The header's Python dict: three keys; strings, True, False and a tuple of integers as values.
class HeaderParser {
 public:
  HeaderParser(std::string_view text, const std::string& array) : text_(text), array_(array) {}

  void parse(NpyHeader& header) {
    expect('{');
    bool descr = false;
    bool order = false;
    bool shape = false;
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr" && !std::exchange(descr, true)) {
        header.dtype = parse_descr();
      } else if (key == "fortran_order" && !std::exchange(order, true)) {
        header.fortran_order = boolean();
      } else if (key == "shape" && !std::exchange(shape, true)) {
        header.shape = tuple();
      } else {
        fail();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (position_ != text_.size() || !descr || !order || !shape) fail();
  }

 private:
  [[noreturn]] void fail() const {
    bad_array(array_, "its npy header cannot be read, at character " + std::to_string(position_));
  }
  void skip_space() {
    while (position_ < text_.size() &&
           std::isspace(static_cast<unsigned char>(text_[position_])) != 0) {
      ++position_;
    }
  }
  bool accept(char wanted) {
    skip_space();
    if (position_ == text_.size() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }
  bool accept_word(std::string_view word) {
    skip_space();
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }
  std::string_view string() {
    skip_space();
    const char quote = position_ < text_.size() ? text_[position_] : '\0';
    if (quote != '\'' && quote != '"') fail();
    const std::size_t end = text_.find(quote, position_ + 1);
    if (end == std::string_view::npos) fail();
    const std::string_view value = text_.substr(position_ + 1, end - position_ - 1);
    position_ = end + 1;
    return value;
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) fail();
    return false;
  }
  std::int64_t integer() {
    skip_space();
    const std::size_t start = position_;
    std::int64_t value = 0;
    while (position_ < text_.size() && text_[position_] >= '0' && text_[position_] <= '9') {
      const int digit = text_[position_] - '0';
      if (value > (std::numeric_limits<std::int64_t>::max() - digit) / 10) fail();
      value = value * 10 + digit;
      ++position_;
    }
    if (position_ == start) fail();
    accept('L');  // a long integer of Python 2
    return value;
  }
  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!accept(')')) {
      if (sizes.size() == limits::kMaxRank) bad_array(array_, "has more than 64 dimensions");
      sizes.push_back(integer());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }
  DType parse_descr();

  std::string_view text_;
  std::size_t position_ = 0;
  const std::string& array_;
};

DType HeaderParser::parse_descr() {
  skip_space();
  if (position_ < text_.size() && text_[position_] == '[') {
    bad_array(array_, "holds records; save each field as an array of its own");
  }
  const std::string_view text = string();
  for (const Descr& descr : kDescrs) {
    if (text == descr.text) return descr.dtype;
  }
  const std::string quoted = "dtype '" + std::string(text) + "'";
  if (text.starts_with('>')) {
    bad_array(array_, quoted + " is big-endian; convert it with .astype(dtype.newbyteorder('<'))");
  }
  if (text.find('O') != std::string_view::npos) {
    bad_array(array_, quoted + " holds Python objects, which are not read; save a numeric array");
  }
  bad_array(array_, quoted +
                        " is not supported; save it as bool, uint8, int8 to int64 or float16 "
                        "to float64 (bfloat16 as float32)");
}

/// dtype and shape make a number of bytes that fits; or nothing.
std::optional<std::uint64_t> bytes_of(const NpyHeader& header) {
  std::uint64_t bytes = size_of(header.dtype);
  if (std::find(header.shape.begin(), header.shape.end(), 0) != header.shape.end()) return 0;
  for (const std::int64_t size : header.shape) {
    if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(size), &bytes)) {
      return std::nullopt;
    }
  }
  return bytes;
}

/// Copies elements whose first dimension varies fastest into row-major order.
std::vector<std::byte> to_row_major(std::span<const std::byte> elements,
                                    std::span<const std::int64_t> shape, std::size_t width) {
  std::vector<std::size_t> strides(shape.size(), width);
  for (std::size_t d = 1; d < shape.size(); ++d) {
    strides[d] = strides[d - 1] * static_cast<std::size_t>(shape[d - 1]);
  }
  std::vector<std::byte> result(elements.size());
  std::vector<std::int64_t> index(shape.size(), 0);
  std::size_t source = 0;
  for (std::size_t at = 0; at < result.size(); at += width) {
    std::memcpy(result.data() + at, elements.data() + source, width);
    for (std::size_t d = shape.size(); d-- > 0;) {
      source += strides[d];
      if (++index[d] < shape[d]) break;
      source -= strides[d] * static_cast<std::size_t>(shape[d]);
      index[d] = 0;
    }
  }
  return result;
}

std::string shape_literal(std::span<const std::int64_t> shape) {
  std::string text = "(";
  for (const std::int64_t size : shape) text += std::to_string(size) + ", ";
  if (shape.size() > 1) text.resize(text.size() - 2);
  if (shape.size() == 1) text.pop_back();
  return text + ")";
}

std::string header_text(std::string_view descr, std::span<const std::int64_t> shape) {
  constexpr std::size_t kPrefix = kMagic.size() + 4;  // the version and a 16-bit length
  std::string text = "{'descr': '" + std::string(descr) +
                     "', 'fortran_order': False, 'shape': " + shape_literal(shape) + ", }";
  const std::size_t whole = kPrefix + text.size() + 1;
  text.append((kAlignment - whole % kAlignment) % kAlignment, ' ');
  return text + '\n';
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> start, std::uint64_t total,
                           const std::string& array) {
  if (start.size() < kMagic.size() + 4 ||
      std::memcmp(start.data(), kMagic.data(), kMagic.size()) != 0) {
    bad_array(array, "not an npy array");
  }
  loader::ByteReader reader(start.subspan(kMagic.size()), array);
  const unsigned version = reader.u8();
  reader.u8();  // the minor version, always 0
  if (version < 1 || version > 3) {
    bad_array(array, "npy version " + std::to_string(version) + "; versions 1 to 3 are read");
  }
  if (version > 1 && start.size() < kMagic.size() + 6)
    bad_array(array, "its npy header is cut off");
  const std::size_t length = version == 1 ? reader.u16() : reader.u32();
  const std::size_t before = kMagic.size() + reader.position();
  if (length > kMaxNpyHeader) {
    bad_array(array, "its npy header has " + std::to_string(length) + " bytes; at most " +
                         std::to_string(kMaxNpyHeader) + " are read");
  }
  if (length > start.size() - before || before + length > total) {
    bad_array(array, "its npy header is cut off");
  }
  NpyHeader header;
  HeaderParser(reader.text(length), array).parse(header);
  header.size = before + length;
  const std::optional<std::uint64_t> bytes = bytes_of(header);
  if (!bytes || *bytes != total - header.size) {
    bad_array(array, std::string(name_of(header.dtype)) + " " + shape_literal(header.shape) +
                         " needs " + (bytes ? std::to_string(*bytes) : "more than 2^64") +
                         " bytes of elements; there are " + std::to_string(total - header.size));
  }
  header.element_bytes = *bytes;
  return header;
}

Tensor decode_npy(const NpyHeader& header, std::span<const std::byte> elements) {
  std::vector<std::byte> ordered;
  if (header.fortran_order && header.shape.size() > 1) {
    ordered = to_row_major(elements, header.shape, size_of(header.dtype));
    elements = ordered;
  }
  if (header.dtype != DType::kBool) return Tensor::copy(header.dtype, header.shape, elements);
  // NumPy takes any byte but 0 as True; C++ may only read 0 and 1.
  std::vector<std::byte> flags(elements.size());
  std::transform(elements.begin(), elements.end(), flags.begin(),
                 [](std::byte value) { return value == std::byte{0} ? value : std::byte{1}; });
  return Tensor::copy(header.dtype, header.shape, flags);
}

std::string npy_start(DType dtype, std::span<const std::int64_t> shape) {
  const auto descr = std::find_if(kDescrs.begin(), kDescrs.end(),
                                  [&](const Descr& known) { return known.dtype == dtype; });
  if (descr == kDescrs.end()) {
    throw Error(ErrorCode::kUnsupported,
                "npy files cannot hold elements of type " + std::string(name_of(dtype)));
  }
  const std::string header = header_text(descr->text, shape);
  const auto length = static_cast<std::uint16_t>(header.size());
  std::string start(kMagic);
  start += {'\1', '\0', static_cast<char>(length & 0xff), static_cast<char>(length >> 8)};
  return start + header;
}

std::vector<std::byte> encode_npy(const Tensor& tensor) {
  std::vector<float> widened;
  std::span<const std::byte> elements = tensor.bytes();
  DType dtype = tensor.dtype();
  if (dtype == DType::kBFloat16) {
    widened = to_floats(tensor);
    elements = std::as_bytes(std::span<const float>(widened));
    dtype = DType::kFloat32;
  }
  const std::string start = npy_start(dtype, tensor.shape());
  const auto bytes = std::as_bytes(std::span<const char>(start));
  std::vector<std::byte> file(bytes.begin(), bytes.end());
  file.insert(file.end(), elements.begin(), elements.end());
  return file;
}

}  // namespace henson::tools
