// What torch.save makes of a state_dict: a zip of a pickle and its storages, without code.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "loader/limits.h"
#include "loader/pickle.h"
#include "loader/weights_file.h"
#include "loader/zip.h"

namespace henson::loader {
namespace {

constexpr std::string_view kPickle = "data.pkl";
constexpr std::uint64_t kMaxNoteBytes = 4096;

[[noreturn]] void refuse(const std::string& what, const std::string& entry = "") {
  throw Error(ErrorCode::kBadArchive, what, {entry, {}, {}});
}

/// The folder of the only pickle, with its slash.
std::string root_of(const Zip& zip) {
  std::optional<std::string> root;
  for (const ZipEntry& entry : zip.entries()) {
    const std::string_view name = entry.name;
    if (!name.ends_with(kPickle)) continue;
    const std::string_view folder = name.substr(0, name.size() - kPickle.size());
    if (!folder.empty() && folder.back() != '/') continue;
    if (root) refuse("the zip file holds several pickles, in " + *root + " and elsewhere");
    root = folder;
  }
  if (!root) refuse("a zip file that torch.save did not write: it has no data.pkl");
  return *root;
}

class StateDict {
 public:
  explicit StateDict(const std::filesystem::path& path)
      : zip_(path), budget_(zip_.file_bytes()), root_(root_of(zip_)) {}

  NamedTensors read() {
    check_byte_order();
    PickleHooks hooks;
    hooks.budget = &budget_;
    hooks.attributed_dicts = true;
    hooks.storage = [&](const std::string& key, const ErrorPlace& place) {
      return storage(key, place);
    };
    const std::string text = zip_.read_text(*zip_.find(root_ + std::string(kPickle)),
                                            limits::kMaxPickleBytes, std::string(kPickle));
    spend(text.size(), std::string(kPickle));
    return tensors_of(read_pickle(text, std::string(kPickle), hooks));
  }

 private:
  void check_byte_order() const {
    const auto index = zip_.find(root_ + "byteorder");
    if (!index || zip_.read_text(*index, kMaxNoteBytes, "byteorder").starts_with("little")) return;
    throw Error(ErrorCode::kUnsupported,
                "the weights are big-endian; load them and save them again on a little-endian "
                "machine",
                {"byteorder", {}, {}});
  }

  void spend(std::uint64_t bytes, const std::string& entry) {
    constexpr auto kKind = Budget::Kind::kInflatedBytes;
    if (!budget_.spend(kKind, bytes)) refuse(budget_.refusal(kKind), entry);
  }

  std::shared_ptr<const Storage> storage(const std::string& key, const ErrorPlace& place) {
    std::shared_ptr<const Storage>& known = storages_[key];
    if (known != nullptr) return known;
    const std::string name = "data/" + key;
    const auto index = zip_.find(root_ + name);
    if (!index) {
      throw Error(ErrorCode::kBadArchive, "the storage " + name + " is missing from the file",
                  place);
    }
    const std::uint64_t bytes = zip_.entries()[*index].bytes;
    if (bytes > limits::kMaxStorageBytes) refuse("a storage that is too large", name);
    spend(bytes, name);
    const auto made = std::make_shared<Storage>(name, static_cast<std::size_t>(bytes));
    zip_.read(*index, {made->data(), static_cast<std::size_t>(bytes)}, name);
    return known = made;
  }

  static NamedTensors tensors_of(const Value& value) {
    const auto* dict = std::get_if<std::shared_ptr<Dict>>(&value);
    if (dict == nullptr) refuse("the file's value is no state_dict", std::string(kPickle));
    NamedTensors tensors;
    std::set<std::string_view> names;
    for (const auto& [key, item] : (*dict)->items) {
      const auto* name = std::get_if<std::string>(&key);
      const auto* tensor = std::get_if<std::shared_ptr<StoredTensor>>(&item);
      if (name == nullptr || tensor == nullptr) {
        refuse("an item of the state_dict is no tensor with a name", std::string(kPickle));
      }
      if (!names.insert(*name).second) {
        refuse("the state_dict has two tensors '" + *name + "'", std::string(kPickle));
      }
      tensors.emplace_back(*name, *tensor);
    }
    return tensors;
  }

  Zip zip_;
  Budget budget_;
  std::string root_;
  std::map<std::string, std::shared_ptr<const Storage>> storages_;
};

}  // namespace

NamedTensors read_state_dict(const std::filesystem::path& path) {
  if (!File(path).text(0, 2).starts_with("PK")) {
    throw Error(ErrorCode::kUnsupported,
                "not a zip file, as torch.save writes since PyTorch 1.6: load it there and save it "
                "again, or as safetensors");
  }
  return StateDict(path).read();
}

}  // namespace henson::loader
