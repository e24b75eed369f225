// Outputs of runs, for C.
#include <cstddef>
#include <utility>

#include "runtime/c/handles.h"
#include "runtime/c/values.h"

using henson::Output;
using henson::c::guarded;
using henson::c::refuse;
using henson::c::required;

static_assert(static_cast<int>(Output::Kind::kNone) == HENSON_NONE &&
              static_cast<int>(Output::Kind::kTensor) == HENSON_TENSOR &&
              static_cast<int>(Output::Kind::kBool) == HENSON_BOOLEAN &&
              static_cast<int>(Output::Kind::kInt) == HENSON_INTEGER &&
              static_cast<int>(Output::Kind::kFloat) == HENSON_NUMBER &&
              static_cast<int>(Output::Kind::kString) == HENSON_STRING &&
              static_cast<int>(Output::Kind::kTuple) == HENSON_TUPLE &&
              static_cast<int>(Output::Kind::kList) == HENSON_LIST &&
              static_cast<int>(Output::Kind::kDict) == HENSON_DICT);

henson_output::henson_output(Output given) : value(std::move(given)) {
  items.reserve(value.items.size());
  for (Output& item : std::exchange(value.items, {})) items.emplace_back(std::move(item));
}

namespace {

const Output* value_of(const henson_output* output, Output::Kind kind) {
  return output != nullptr && output->value.kind == kind ? &output->value : nullptr;
}

}  // namespace

extern "C" {

void henson_output_free(henson_output* output) { delete output; }

int32_t henson_output_kind(const henson_output* output) {
  return output != nullptr ? static_cast<int32_t>(output->value.kind) : HENSON_NONE;
}

size_t henson_output_size(const henson_output* output) {
  return output != nullptr ? output->items.size() : 0;
}

const henson_output* henson_output_item(const henson_output* output, size_t index) {
  return index < henson_output_size(output) ? &output->items[index] : nullptr;
}

const char* henson_output_key(const henson_output* output, size_t index) {
  const Output* const dict = value_of(output, Output::Kind::kDict);
  return dict != nullptr && index < dict->keys.size() ? dict->keys[index].c_str() : nullptr;
}

henson_status henson_output_tensor(const henson_output* output, henson_tensor* tensor) {
  return guarded([&] {
    henson_tensor& place = required(tensor, "the pointer for the tensor");
    place = {};
    required(output, "the output");
    const Output* const held = value_of(output, Output::Kind::kTensor);
    if (held == nullptr) refuse("the output is no tensor");
    place = henson::c::to_c(held->tensor);
  });
}

int64_t henson_output_integer(const henson_output* output) {
  return output != nullptr ? output->value.integer : 0;
}

double henson_output_number(const henson_output* output) {
  return output != nullptr ? output->value.number : 0;
}

const char* henson_output_string(const henson_output* output, size_t* bytes) {
  const Output* const held = value_of(output, Output::Kind::kString);
  if (bytes != nullptr) *bytes = held != nullptr ? held->text.size() : 0;
  return held != nullptr ? held->text.c_str() : nullptr;
}

}  // extern "C"

namespace {

std::size_t count_tensors(const henson_output& output) {
  std::size_t count = output.value.kind == Output::Kind::kTensor ? 1 : 0;
  for (const henson_output& item : output.items) count += count_tensors(item);
  return count;
}

/// The tensor that has `index` others before it, from which those that are passed are taken.
const henson::Tensor* find_tensor(const henson_output& output, std::size_t& index) {
  if (output.value.kind == Output::Kind::kTensor && index-- == 0) return &output.value.tensor;
  for (const henson_output& item : output.items) {
    if (const henson::Tensor* const found = find_tensor(item, index)) return found;
  }
  return nullptr;
}

}  // namespace

extern "C" {

size_t henson_output_tensor_count(const henson_output* output) {
  return output != nullptr ? count_tensors(*output) : 0;
}

henson_status henson_output_tensor_at(const henson_output* output, size_t index,
                                      henson_tensor* tensor) {
  return guarded([&] {
    henson_tensor& place = required(tensor, "the pointer for the tensor");
    place = {};
    const henson::Tensor* const found = find_tensor(required(output, "the output"), index);
    if (found == nullptr) refuse("the output has not so many tensors");
    place = henson::c::to_c(*found);
  });
}

}  // extern "C"
