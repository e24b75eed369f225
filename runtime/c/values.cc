#include "runtime/c/values.h"

#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

#include "runtime/c/handles.h"

namespace henson::c {

std::string_view view_of(const henson_text& text) {
  require_bytes(text.data, text.size, "the text's data");
  return text.data == nullptr ? std::string_view("") : std::string_view(text.data, text.size);
}

std::vector<std::string_view> views_of(const henson_text* texts, std::size_t count) {
  std::vector<std::string_view> views;
  if (count > 0) required(texts, "texts");
  for (std::size_t i = 0; i < count; ++i) views.push_back(view_of(texts[i]));
  return views;
}

std::vector<std::string> strings_of(const char* const* texts, std::size_t count, const char* name) {
  std::vector<std::string> strings;
  if (count > 0) required(texts, name);
  for (std::size_t i = 0; i < count; ++i) strings.emplace_back(&required(texts[i], name));
  return strings;
}

char* copy_of(std::string_view text) {
  auto* const copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  text.copy(copy, text.size());
  copy[text.size()] = '\0';
  return copy;
}

Tensor to_tensor(const henson_tensor& tensor) {
  const std::optional<DType> dtype = dtype_from_number(tensor.dtype);
  if (!dtype) refuse("there is no dtype " + std::to_string(tensor.dtype));
  if (tensor.rank > 0) required(tensor.shape, "the tensor's shape");
  require_bytes(tensor.data, tensor.bytes, "the tensor's data");
  std::vector<std::int64_t> shape(tensor.shape, tensor.shape + tensor.rank);
  return Tensor::borrow(*dtype, std::move(shape),
                        {static_cast<const std::byte*>(tensor.data), tensor.bytes});
}

henson_tensor to_c(const Tensor& tensor) {
  return {.data = tensor.bytes().data(),
          .bytes = tensor.bytes().size(),
          .shape = tensor.shape().data(),
          .rank = tensor.shape().size(),
          .dtype = static_cast<int32_t>(tensor.dtype())};
}

SessionOptions to_options(const henson_session_options* given) {
  const henson_session_options from = options_of(given);
  SessionOptions options;
  options.executor = one_of(from.executor, Executor::kInterpreter, "executor");
  options.precision = one_of(from.precision, Precision::kInt8, "precision");
  options.threads = from.threads;
  options.memory_limit = from.memory_limit;
  if (from.pool != nullptr) options.pool = from.pool->pool;
  if (from.stop != nullptr) options.stop = from.stop->source.get_token();
  return options;
}

OpenOptions to_options(const henson_open_options* given) {
  const henson_open_options from = options_of(given);
  OpenOptions options;
  options.map = from.map != 0;
  if (from.method != nullptr) options.method = from.method;
  return options;
}

}  // namespace henson::c
