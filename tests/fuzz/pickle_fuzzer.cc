// A pickle of any bytes, with storages of every key and tensors of every id.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "loader/pickle.h"
#include "tests/fuzz/support.h"

namespace {

using namespace henson;

/// Every element of a tensor lies in its storage: the first and the last are read.
void touch(const loader::StoredTensor& tensor) {
  if (tensor.storage == nullptr) return;
  std::int64_t last = tensor.offset;
  for (std::size_t d = 0; d < tensor.shape.size(); ++d) {
    if (tensor.shape[d] == 0) return;
    last += (tensor.shape[d] - 1) * tensor.strides.at(d);
  }
  const std::size_t width = size_of(tensor.dtype);
  const auto bytes = tensor.storage->bytes();
  for (const std::int64_t element : {tensor.offset, last}) {
    const std::size_t end = (static_cast<std::size_t>(element) + 1) * width;
    if (element < 0 || end > bytes.size()) fuzz::fail("a tensor outside of its storage");
  }
}

/// All values, each once for each time that it is held: the reader bounds how many that are.
void walk(const loader::Value& value) {
  const auto all = [](const auto& items) {
    for (const loader::Value& item : items) walk(item);
  };
  const auto pairs = [](const auto& items) {
    for (const auto& [key, item] : items) {
      if constexpr (std::is_same_v<std::decay_t<decltype(key)>, loader::Value>) walk(key);
      walk(item);
    }
  };
  if (const auto* list = std::get_if<std::shared_ptr<loader::List>>(&value)) all((*list)->items);
  if (const auto* tuple = std::get_if<std::shared_ptr<loader::Tuple>>(&value)) all((*tuple)->items);
  if (const auto* dict = std::get_if<std::shared_ptr<loader::Dict>>(&value)) pairs((*dict)->items);
  if (const auto* object = std::get_if<std::shared_ptr<loader::Object>>(&value)) {
    pairs((*object)->attributes);
    if ((*object)->state != nullptr) walk(*(*object)->state);
  }
  if (const auto* tensor = std::get_if<std::shared_ptr<loader::StoredTensor>>(&value)) {
    touch(**tensor);
  }
}

std::shared_ptr<loader::Storage> made_storage(const std::string& name) {
  auto storage = std::make_shared<loader::Storage>(name, std::size_t{24});
  std::fill_n(storage->data(), storage->size(), std::byte{1});
  return storage;
}

/// A storage of 24 bytes for each key, as the small archives of tests/broken have; none for "no".
loader::PickleHooks hooks_of(loader::Budget& budget) {
  loader::PickleHooks hooks;
  hooks.budget = &budget;
  hooks.storage = [](const std::string& key, const ErrorPlace&) {
    if (key == "no") return std::shared_ptr<loader::Storage>();
    return made_storage(key);
  };
  hooks.tensor = [](std::int64_t id, const ErrorPlace&) {
    auto tensor = std::make_shared<loader::StoredTensor>();
    tensor->shape = {id & 3};
    tensor->strides = {1};
    tensor->storage = made_storage("tensors/0");
    return loader::Value(std::move(tensor));
  };
  return hooks;
}

}  // namespace

std::vector<std::string> henson_fuzz_seeds(const std::string& file) {
  return fuzz::entries_that_end_in(file, ".pkl");
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const bool state_dict : {false, true}) {
    loader::Budget budget(size);
    loader::PickleHooks hooks = hooks_of(budget);
    hooks.attributed_dicts = state_dict;
    fuzz::accepted([&] { walk(loader::read_pickle(bytes, "data.pkl", hooks)); });
  }
  return 0;
}
