#include "runtime/inspection/diff_side.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "henson/archive_file.h"
#include "loader/limits.h"
#include "loader/pickle_scan.h"
#include "runtime/inspection/weight_uses.h"

namespace henson::runtime {
namespace {

constexpr std::string_view kMangle = "___torch_mangle_";
constexpr std::string_view kDevice = "torch.device(\"";

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

/// Every device means the same one; those that there are go into `devices`.
std::string without_devices(std::string code, std::set<std::string>& devices) {
  for (std::size_t at = code.find(kDevice); at != code.npos; at = code.find(kDevice, at + 1)) {
    const std::size_t start = at + kDevice.size();
    const std::size_t end = code.find('"', start);
    if (end == code.npos) break;
    devices.insert(code.substr(start, end - start));
    code.erase(start, end - start);
  }
  return code;
}

std::string read_text(const ArchiveFile& file, const ArchiveEntry& entry) {
  std::string text;
  if (entry.bytes > limits::kMaxCodeBytes) return text;
  file.read(entry, [&](std::span<const std::byte> piece) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return text;
}

/// The old layout's one file is called after the archive.
std::string name_of_code(std::string name) {
  name = unmangled(name);
  const bool alone = name.find('/', 5) == name.npos && name != "code/__torch__.py";
  return alone ? "code/forward.py" : name;
}

/// Those of model.json: "device" : "cuda:0".
void add_devices_of_json(std::string_view json, std::set<std::string>& devices) {
  constexpr std::string_view kKey = "\"device\"";
  for (std::size_t at = json.find(kKey); at != json.npos; at = json.find(kKey, at + 1)) {
    const std::size_t start = json.find('"', at + kKey.size());
    const std::size_t end = start == json.npos ? start : json.find('"', start + 1);
    if (end == json.npos) return;
    devices.insert(std::string(json.substr(start + 1, end - start - 1)));
  }
}

void read_entries(const std::filesystem::path& path, DiffSide& side) {
  const ArchiveFile file(path);
  for (const ArchiveEntry& entry : file.entries()) {
    const std::size_t slash = entry.name.find("code/");
    if (slash != entry.name.npos && entry.name.ends_with(".py")) {
      side.code.emplace_back(name_of_code(entry.name.substr(slash)),
                             without_devices(unmangled(read_text(file, entry)), side.devices));
    } else if (entry.name.ends_with("data.pkl") || entry.name.ends_with("constants.pkl")) {
      for (std::string& device : loader::scan_pickle(read_text(file, entry)).devices) {
        side.devices.insert(std::move(device));
      }
    } else if (entry.name.ends_with("model.json")) {
      add_devices_of_json(read_text(file, entry), side.devices);
    }
  }
}

bool is_number_of_code(const WeightInfo& weight) {
  return weight.name.starts_with("CONSTANTS.") &&
         std::all_of(weight.shape.begin(), weight.shape.end(),
                     [](std::int64_t size) { return size == 1; });
}

}  // namespace

std::vector<std::int64_t> SideTensor::shape() const {
  const std::vector<std::int64_t>& shape = weight().shape;
  if (turned) return {shape.rbegin(), shape.rend()};
  return shape;
}

DiffSide::DiffSide(const std::filesystem::path& path) : inspection(Inspection::open(path)) {
  const WeightUses uses = find_weight_uses(inspection);
  for (const InspectedTensor& inspected : inspection.tensors()) {
    SideTensor tensor;
    tensor.name = inspected.weight.name;
    tensor.plain = plain_name(tensor.name);
    tensor.tensor = &inspected;
    tensor.read = inspection.model() == nullptr || uses.live.contains(tensors.size());
    tensor.turned = uses.turned.contains(tensors.size());
    tensor.constant_of_code = is_number_of_code(inspected.weight);
    const DType dtype = inspected.weight.dtype;
    if (tensor.read && !tensor.constant_of_code && (is_floating(dtype) || is_quantized(dtype))) {
      precisions.insert(dtype);
    }
    tensors.push_back(std::move(tensor));
  }
  read_entries(path, *this);
}

std::string plain_name(std::string name) {
  if (name.find("._packed_params") != name.npos) {
    replace_all(name, "._packed_params", "");
    if (name.ends_with(".0")) name.replace(name.size() - 1, 1, "weight");
    if (name.ends_with(".1")) name.replace(name.size() - 1, 1, "bias");
  }
  if (name.ends_with(".gamma")) name.replace(name.size() - 5, 5, "weight");
  if (name.ends_with(".beta")) name.replace(name.size() - 4, 4, "bias");
  return name;
}

std::string unmangled(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (!text.substr(at).starts_with(kMangle)) {
      plain += text[at++];
      continue;
    }
    at += kMangle.size();
    while (at < text.size() && is_digit(text[at])) ++at;
    // "a.___torch_mangle_3.B" is a.B, "a/___torch_mangle_3.py" a.py.
    if (at < text.size() && text[at] == '.' && !plain.empty() && plain.back() == '/') {
      plain.pop_back();
    } else if (at < text.size() && (text[at] == '.' || text[at] == '/')) {
      ++at;
    }
  }
  return plain;
}

std::string layer_of(std::string_view name) {
  std::size_t start = 0;
  while (start < name.size()) {
    const std::size_t dot = std::min(name.find('.', start), name.size());
    const std::string_view part = name.substr(start, dot - start);
    if (!part.empty() && std::all_of(part.begin(), part.end(), is_digit) && start > 0) {
      return std::string(name.substr(0, dot));
    }
    start = dot + 1;
  }
  const std::size_t last = name.rfind('.');
  return std::string(last == name.npos ? name : name.substr(0, last));
}

}  // namespace henson::runtime
