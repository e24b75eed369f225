// Models, pools and sessions, for C.
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/c/handles.h"
#include "runtime/c/inspection.h"
#include "runtime/c/values.h"

using henson::InputInfo;
using henson::InputRole;
using henson::Model;
using henson::NamedInput;
using henson::Tensor;
using henson::c::give;
using henson::c::guarded;
using henson::c::refuse;
using henson::c::required;
using henson::c::to_options;

static_assert(static_cast<int>(InputRole::kOther) == HENSON_ROLE_OTHER &&
              static_cast<int>(InputRole::kIds) == HENSON_ROLE_IDS &&
              static_cast<int>(InputRole::kTokenTypes) == HENSON_ROLE_TOKEN_TYPES &&
              static_cast<int>(InputRole::kPositions) == HENSON_ROLE_POSITIONS &&
              static_cast<int>(InputRole::kMask) == HENSON_ROLE_MASK);

namespace {

std::span<const std::byte> bytes_of(const void* data, std::size_t bytes) {
  henson::c::require_bytes(data, bytes, "the archive's bytes");
  return {static_cast<const std::byte*>(data), bytes};
}

std::vector<Tensor> tensors_of(const henson_tensor* inputs, std::size_t count) {
  std::vector<Tensor> tensors;
  if (count > 0) required(inputs, "the inputs");
  tensors.reserve(count);
  for (std::size_t i = 0; i < count; ++i) tensors.push_back(henson::c::to_tensor(inputs[i]));
  return tensors;
}

std::vector<NamedInput> named_of(const char* const* names, const henson_tensor* inputs,
                                 std::size_t count) {
  std::vector<std::string> keys = henson::c::strings_of(names, count, "an input's name");
  std::vector<Tensor> tensors = tensors_of(inputs, count);
  std::vector<NamedInput> named;
  for (std::size_t i = 0; i < count; ++i) {
    named.push_back({std::move(keys[i]), std::move(tensors[i])});
  }
  return named;
}

/// `make(first)`: the inputs of the sequence that starts at `first`.
template <typename Input, typename Make>
std::vector<henson::Output> run_ragged(henson::Session& session, std::size_t sequences,
                                       Make&& make) {
  std::vector<std::vector<Input>> calls;
  for (std::size_t i = 0; i < sequences; ++i) calls.push_back(make(i));
  return session.run_ragged(std::span<const std::vector<Input>>(calls));
}

}  // namespace

extern "C" {

henson_status henson_pool_new(const henson_pool_options* options, henson_pool** pool) {
  return give(pool, [&] {
    const henson_pool_options from = henson::c::options_of(options);
    return henson_pool{
        henson::ThreadPool({.threads = from.threads, .memory_limit = from.memory_limit})};
  });
}
void henson_pool_free(henson_pool* pool) { delete pool; }
int32_t henson_pool_threads(const henson_pool* pool) {
  return pool != nullptr ? pool->pool.threads() : 0;
}

henson_status henson_stop_new(henson_stop** stop) {
  return give(stop, [] { return henson_stop{}; });
}
void henson_stop_free(henson_stop* stop) { delete stop; }
void henson_stop_request(henson_stop* stop) {
  if (stop != nullptr) stop->source.request_stop();
}

henson_status henson_model_open(const char* path, const henson_open_options* options,
                                henson_model** model) {
  return give(model, [&] {
    return henson_model{Model::open(&required(path, "the path"), to_options(options))};
  });
}

henson_status henson_model_open_descriptor(int descriptor, const henson_open_options* options,
                                           henson_model** model) {
  return give(
      model, [&] { return henson_model{Model::open_descriptor(descriptor, to_options(options))}; });
}

henson_status henson_model_open_copy(const void* data, size_t bytes,
                                     const henson_open_options* options, henson_model** model) {
  return give(
      model, [&] { return henson_model{Model::open(bytes_of(data, bytes), to_options(options))}; });
}

henson_status henson_model_open_borrowed(const void* data, size_t bytes,
                                         void (*release)(void* context), void* context,
                                         const henson_open_options* options, henson_model** model) {
  return give(model, [&] {
    std::shared_ptr<const void> owner;
    if (release != nullptr) {  // called even when there is no memory for the pointer
      owner = std::shared_ptr<const void>(data, [=](const void*) { release(context); });
    }
    return henson_model{Model::open(bytes_of(data, bytes), std::move(owner), to_options(options))};
  });
}

void henson_model_free(henson_model* model) { delete model; }

henson_status henson_model_json(const henson_model* model, char** json) {
  if (json != nullptr) *json = nullptr;
  return guarded([&] {
    char*& place = required(json, "the pointer for the result");
    place = henson::c::copy_of(henson::c::inspection_of(required(model, "the model").model));
  });
}

size_t henson_model_input_count(const henson_model* model) {
  return model != nullptr ? model->model.inputs().size() : 0;
}

henson_status henson_model_input(const henson_model* model, size_t index, henson_input_info* info) {
  return guarded([&] {
    henson_input_info& place = required(info, "the pointer for the result");
    place = {};
    const std::span<const InputInfo> inputs = required(model, "the model").model.inputs();
    if (index >= inputs.size()) refuse("the model has not so many inputs");
    const InputInfo& input = inputs[index];
    place.path = input.path.c_str();
    place.name = input.name.c_str();
    place.used = input.used ? 1 : 0;
    place.role = static_cast<int32_t>(input.role);
    place.dtype = input.dtype ? static_cast<int32_t>(*input.dtype) : -1;
    place.rank = input.rank ? static_cast<int32_t>(*input.rank) : -1;
    place.traced_shape = nullptr;
    if (input.traced_shape) {
      place.rank = static_cast<int32_t>(input.traced_shape->size());
      place.traced_shape = input.traced_shape->data();
    }
  });
}

const char* henson_model_weight_name(const henson_model* model, size_t index) {
  if (model == nullptr || index >= model->model.weights().size()) return nullptr;
  return model->model.weights()[index].name.c_str();
}

henson_status henson_model_weight(const henson_model* model, size_t index, henson_output** tensor) {
  return give(tensor, [&] {
    const auto weights = required(model, "the model").model.weights();
    if (index >= weights.size()) refuse("the archive has not so many tensors");
    if (!weights[index].read) refuse("the tensor is quantized, and cannot be read");
    henson::Output output;
    output.kind = henson::Output::Kind::kTensor;
    output.tensor = weights[index].read();
    return henson_output(std::move(output));
  });
}

henson_status henson_session_new(const henson_model* model, const henson_session_options* options,
                                 henson_session** session) {
  return give(session, [&] {
    return henson_session{henson::Session(required(model, "the model").model, to_options(options))};
  });
}
void henson_session_free(henson_session* session) { delete session; }

henson_status henson_session_run(henson_session* session, const henson_tensor* inputs, size_t count,
                                 henson_output** output) {
  return give(output, [&] {
    henson::Session& of = required(session, "the session").session;
    return henson_output(of.run(std::span<const Tensor>(tensors_of(inputs, count))));
  });
}

henson_status henson_session_run_named(henson_session* session, const char* const* names,
                                       const henson_tensor* inputs, size_t count,
                                       henson_output** output) {
  return give(output, [&] {
    henson::Session& of = required(session, "the session").session;
    return henson_output(of.run(std::span<const NamedInput>(named_of(names, inputs, count))));
  });
}

henson_status henson_session_run_ragged(henson_session* session, const char* const* names,
                                        const henson_tensor* inputs, size_t count, size_t sequences,
                                        henson_output** outputs) {
  for (std::size_t i = 0; outputs != nullptr && i < sequences; ++i) outputs[i] = nullptr;
  return guarded([&] {
    henson::Session& of = required(session, "the session").session;
    if (sequences > 0) required(outputs, "the pointer for the results");
    if (sequences > 0 && count > 0) required(inputs, "the inputs");
    const auto first = [&](std::size_t i) { return inputs + i * count; };
    std::vector<henson::Output> results =
        names == nullptr
            ? run_ragged<Tensor>(of, sequences,
                                 [&](std::size_t i) { return tensors_of(first(i), count); })
            : run_ragged<NamedInput>(
                  of, sequences, [&](std::size_t i) { return named_of(names, first(i), count); });
    std::vector<std::unique_ptr<henson_output>> made;
    for (henson::Output& result : results) {
      made.push_back(std::make_unique<henson_output>(std::move(result)));
    }
    for (std::size_t i = 0; i < made.size(); ++i) outputs[i] = made[i].release();
  });
}

henson_status henson_session_stop_with(henson_session* session, const henson_stop* stop) {
  return guarded([&] {
    required(session, "the session")
        .session.stop_with(stop != nullptr ? stop->source.get_token() : std::stop_token());
  });
}

uint64_t henson_session_memory(const henson_session* session) {
  return session != nullptr ? session->session.memory() : 0;
}

}  // extern "C"
