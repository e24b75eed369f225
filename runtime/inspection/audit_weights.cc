// Tensors: whether their numbers are numbers, who reads them, what is held twice or by nobody.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <string_view>

#include "runtime/inspection/audit_checks.h"
#include "runtime/tensor/half.h"

namespace henson::runtime {
namespace {

constexpr std::uint64_t kWorthSaving = 4096;      // bytes that are held twice
constexpr std::size_t kLongestList = 160;         // of names, in bytes
constexpr std::uint64_t kLargeRemainder = 65536;  // bytes of a storage that no tensor shows

struct NotFinite {
  std::uint64_t nans = 0;
  std::uint64_t infinities = 0;
};

template <typename T>
NotFinite count_not_finite(std::span<const std::byte> bytes) {
  NotFinite found;
  const auto* numbers = reinterpret_cast<const T*>(bytes.data());
  const std::size_t count = bytes.size() / sizeof(T);
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<double>(numbers[i]);
    found.nans += std::isnan(number) ? 1 : 0;
    found.infinities += std::isinf(number) ? 1 : 0;
  }
  return found;
}

NotFinite not_finite_in(const henson::Tensor& tensor) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return count_not_finite<float>(tensor.bytes());
    case DType::kFloat64:
      return count_not_finite<double>(tensor.bytes());
    case DType::kFloat16:
      return count_not_finite<Half>(tensor.bytes());
    case DType::kBFloat16:
      return count_not_finite<BFloat16>(tensor.bytes());
    default:
      return {};
  }
}

/// Lists a name, unless the line has enough of them.
void add_name(const std::string& name, std::string& names) {
  if (name.size() + names.size() < kLongestList) {
    names += (names.empty() ? "" : ", ") + name;
  } else if (!names.ends_with("…")) {
    names += names.empty() ? "…" : ", …";
  }
}

class WeightAudit {
 public:
  WeightAudit(const std::vector<WeightInfo>& weights, const std::optional<std::vector<bool>>& read,
              AuditReport& report, Findings& findings)
      : weights_(weights), read_(read), report_(report), findings_(findings) {}

  void run() {
    for (std::size_t i = 0; i < weights_.size(); ++i) {
      ++report_.tensors;
      const bool is_first = firsts_.emplace(key_of(weights_[i]), i).second;
      if (!is_first) continue;
      std::int64_t elements = 1;
      for (const std::int64_t size : weights_[i].shape) elements *= size;
      report_.elements += static_cast<std::uint64_t>(elements);
      check_numbers(weights_[i]);
      if (read_ && !(*read_)[i]) unread_.push_back(i);
    }
    tell_unread();
    tell_duplicates();
  }

 private:
  using Key = std::tuple<std::string_view, std::int64_t, std::vector<std::int64_t>,
                         std::vector<std::int64_t>>;
  static Key key_of(const WeightInfo& weight) {
    return {weight.storage, weight.offset, weight.shape, weight.strides};
  }

  void check_numbers(const WeightInfo& weight) {
    if (weight.read == nullptr) return;
    try {
      const henson::Tensor tensor = weight.read();
      const NotFinite found = not_finite_in(tensor);
      if (found.nans > 0) {
        tell_not_finite(weight, found.nans, "NaN", Severity::kError);
      }
      // A mask that is added to scores is made of them.
      if (found.infinities > 0) {
        const bool multiplied = weight.is_linear_weight || weight.is_embedding_table;
        tell_not_finite(weight, found.infinities, "infinite",
                        multiplied ? Severity::kError : Severity::kNote);
      }
      if (tensor.bytes().size() >= kWorthSaving) {
        const std::string_view bytes(reinterpret_cast<const char*>(tensor.bytes().data()),
                                     tensor.bytes().size());
        by_hash_[{bytes.size(), std::hash<std::string_view>()(bytes)}].push_back(&weight);
      }
    } catch (const Error& error) {
      findings_.add(rules::kRefused, Severity::kError, {weight.storage, {}, {}},
                    weight.name + " cannot be read: " + error.message());
    }
  }

  void tell_not_finite(const WeightInfo& weight, std::uint64_t count, const char* what,
                       Severity severity) {
    findings_.add(rules::kNotFinite, severity, {weight.storage, {}, {}},
                  std::to_string(count) + (count == 1 ? " element of " : " elements of ") +
                      weight.name + (count == 1 ? " is " : " are ") + what);
  }

  void tell_unread() {
    std::uint64_t bytes = 0;
    std::string names;
    for (const std::size_t i : unread_) {
      bytes += weights_[i].bytes;
      add_name(weights_[i].name, names);
    }
    if (unread_.empty()) return;
    findings_.add(rules::kUnread, Severity::kNote, {},
                  std::to_string(unread_.size()) + (unread_.size() == 1 ? " tensor" : " tensors") +
                      " of " + std::to_string(bytes) + " bytes that no node reads: " + names);
  }

  void tell_duplicates() {
    for (const auto& [key, members] : by_hash_) {
      std::size_t copies = 0;
      std::string names;
      for (std::size_t i = 1; i < members.size(); ++i) {
        if (members[i]->dtype != members[0]->dtype || !same_bytes(*members[0], *members[i]))
          continue;
        ++copies;
        add_name(members[i]->name, names);
      }
      if (copies == 0) continue;
      findings_.add(rules::kDuplicate, Severity::kNote, {members[0]->storage, {}, {}},
                    std::to_string(copies) + (copies == 1 ? " copy" : " copies") +
                        " of the elements of " + members[0]->name + ", " +
                        std::to_string(copies * members[0]->bytes) + " bytes: " + names);
    }
  }

  static bool same_bytes(const WeightInfo& a, const WeightInfo& b) {
    const henson::Tensor first = a.read();
    const henson::Tensor second = b.read();
    return std::equal(first.bytes().begin(), first.bytes().end(), second.bytes().begin(),
                      second.bytes().end());
  }

  const std::vector<WeightInfo>& weights_;
  const std::optional<std::vector<bool>>& read_;
  AuditReport& report_;
  Findings& findings_;
  std::map<Key, std::size_t> firsts_;
  std::vector<std::size_t> unread_;
  std::map<std::pair<std::size_t, std::size_t>, std::vector<const WeightInfo*>> by_hash_;
};

/// Storages that no tensor names, and parts of others that none shows.
void check_storages(const loader::Archive& archive, const std::vector<WeightInfo>& weights,
                    const std::set<std::string>& keys, Findings& findings) {
  std::map<std::string, std::uint64_t> shown;  // bytes of the tensors over each storage
  for (const WeightInfo& weight : weights) {
    std::int64_t last = weight.offset;
    bool any = true;
    for (std::size_t d = 0; d < weight.shape.size(); ++d) {
      any = any && weight.shape[d] > 0;
      last += (weight.shape[d] - 1) * weight.strides[d];
    }
    std::uint64_t& bytes = shown[weight.storage];
    if (any) bytes = std::max(bytes, static_cast<std::uint64_t>(last + 1) * size_of(weight.dtype));
  }
  for (const loader::Entry& entry : archive.entries) {
    const bool holds_storage = entry.name.starts_with("data/") ||
                               entry.name.starts_with("constants/") ||
                               entry.name.starts_with("tensors/");
    if (!holds_storage || entry.name.ends_with('/')) continue;
    const auto found = shown.find(entry.name);
    // Scales of quantized tensors, and what the bytecode of a mobile archive names.
    const bool named = keys.contains(entry.name.substr(entry.name.find('/') + 1));
    if (found == shown.end() && named) continue;
    if (found == shown.end()) {
      findings.add(rules::kUnnamed, entry.bytes == 0 ? Severity::kNote : Severity::kWarning,
                   {entry.name, {}, {}},
                   "a storage of " + std::to_string(entry.bytes) + " bytes that no tensor names");
    } else if (entry.bytes > 2 * found->second && entry.bytes - found->second >= kLargeRemainder) {
      findings.add(rules::kSize, Severity::kWarning, {entry.name, {}, {}},
                   "a storage of " + std::to_string(entry.bytes) +
                       " bytes, of which tensors show the first " + std::to_string(found->second));
    }
  }
}

}  // namespace

void audit_weights(const loader::Archive& archive, const std::vector<WeightInfo>& weights,
                   const std::optional<std::vector<bool>>& read,
                   const std::set<std::string>& storages, AuditReport& report, Findings& findings) {
  WeightAudit(weights, read, report, findings).run();
  const bool complete = archive.module != nullptr;  // else what it names is not known
  if (complete) check_storages(archive, weights, storages, findings);
}

}  // namespace henson::runtime
