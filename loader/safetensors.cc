// safetensors: the length of a JSON header, the header, the tensors' bytes.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "henson/error.h"
#include "loader/bytes.h"
#include "loader/file.h"
#include "loader/limits.h"
#include "loader/weights_file.h"

namespace henson::loader {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kLengthBytes = 8;
constexpr std::uint64_t kMaxHeaderBytes = limits::kMaxJsonBytes;
constexpr int kMaxDepth = 4;  // file, tensor, list

constexpr std::array<std::pair<std::string_view, DType>, 10> kTypes{{{"F64", DType::kFloat64},
                                                                     {"F32", DType::kFloat32},
                                                                     {"F16", DType::kFloat16},
                                                                     {"BF16", DType::kBFloat16},
                                                                     {"I64", DType::kInt64},
                                                                     {"I32", DType::kInt32},
                                                                     {"I16", DType::kInt16},
                                                                     {"I8", DType::kInt8},
                                                                     {"U8", DType::kUInt8},
                                                                     {"BOOL", DType::kBool}}};

[[noreturn]] void refuse(const std::string& what) { throw Error(ErrorCode::kBadArchive, what); }

Json parse_header(const std::string& text) {
  std::vector<std::set<std::string>> names;  // of the objects around
  const auto check = [&](int depth, Json::parse_event_t event, const Json& parsed) {
    if (depth > kMaxDepth) refuse("the header nests too deep");
    if (event == Json::parse_event_t::object_start) names.emplace_back();
    if (event == Json::parse_event_t::object_end) names.pop_back();
    if (event == Json::parse_event_t::key &&
        !names.back().insert(parsed.get_ref<const std::string&>()).second) {
      refuse("the header has two members '" + parsed.get_ref<const std::string&>() + "'");
    }
    return true;
  };
  try {
    Json header = Json::parse(text, check);
    if (!header.is_object()) refuse("the header is no object");
    return header;
  } catch (const Json::exception&) {
    refuse("the header is no JSON");
  }
}

const Json& member(const Json& tensor, const char* key, const std::string& name) {
  const auto found = tensor.is_object() ? tensor.find(key) : tensor.end();
  if (!tensor.is_object() || found == tensor.end()) {
    refuse("the tensor '" + name + "' has no \"" + key + "\"");
  }
  return *found;
}

std::vector<std::int64_t> numbers(const Json& tensor, const char* key, const std::string& name) {
  const Json& list = member(tensor, key, name);
  if (!list.is_array() || list.size() > limits::kMaxRank) {
    refuse("\"" + std::string(key) + "\" of the tensor '" + name + "' is no list of sizes");
  }
  std::vector<std::int64_t> values;
  for (const Json& item : list) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() > INT64_MAX) {
      refuse("\"" + std::string(key) + "\" of the tensor '" + name + "' holds what is no size");
    }
    values.push_back(static_cast<std::int64_t>(item.get<std::uint64_t>()));
  }
  return values;
}

DType dtype_of(const Json& tensor, const std::string& name) {
  const Json& type = member(tensor, "dtype", name);
  const std::string word = type.is_string() ? type.get<std::string>() : type.dump();
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(),
                                         [&](const auto& row) { return row.first == word; });
  if (found != kTypes.end()) return found->second;
  throw Error(ErrorCode::kUnsupported,
              "the tensor '" + name + "' is of type " + word + ", which is not supported");
}

std::shared_ptr<StoredTensor> read_tensor(const File& file, std::uint64_t start,
                                          const std::string& name, const Json& described) {
  auto tensor = std::make_shared<StoredTensor>();
  tensor->dtype = dtype_of(described, name);
  tensor->shape = numbers(described, "shape", name);
  const std::vector<std::int64_t> offsets = numbers(described, "data_offsets", name);
  const auto count = element_count(tensor->shape);
  std::int64_t bytes = 0;
  if (!count ||
      __builtin_mul_overflow(*count, static_cast<std::int64_t>(size_of(tensor->dtype)), &bytes)) {
    refuse("the sizes of the tensor '" + name + "' overflow");
  }
  const auto held = static_cast<std::int64_t>(file.size() - start);
  if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > held ||
      offsets[1] - offsets[0] != bytes) {
    refuse("the tensor '" + name + "' has " + std::to_string(bytes) +
           " bytes, and its data_offsets say otherwise or lie outside of the file");
  }
  std::int64_t stride = *count == 0 ? 0 : 1;  // sizes beside a 0 may be anything
  tensor->strides.resize(tensor->shape.size());
  for (std::size_t i = tensor->shape.size(); i-- > 0;) {
    tensor->strides[i] = stride;
    stride *= tensor->shape[i];
  }
  const auto storage = std::make_shared<Storage>(name, static_cast<std::size_t>(bytes));
  const auto from = start + static_cast<std::uint64_t>(offsets[0]);
  if (!file.read(from, {storage->data(), static_cast<std::size_t>(bytes)})) {
    refuse("the tensor '" + name + "' cannot be read");
  }
  tensor->storage = storage;
  check_bounds(*tensor, name);
  return tensor;
}

}  // namespace

NamedTensors read_safetensors(const std::filesystem::path& path) {
  const File file(path);
  if (file.size() < kLengthBytes) refuse("not a safetensors file: it is too short");
  const std::string start = file.text(0, kLengthBytes);
  const std::uint64_t length = ByteReader(std::as_bytes(std::span(start)), "").u64();
  if (length > kMaxHeaderBytes || length > file.size() - kLengthBytes) {
    refuse("not a safetensors file: its header would have " + std::to_string(length) + " bytes");
  }
  const Json header = parse_header(file.text(kLengthBytes, length));
  // Tensors may share no bytes: together they are no more than the file.
  std::uint64_t total = 0;
  NamedTensors tensors;
  for (const auto& [name, described] : header.items()) {
    if (name == "__metadata__") continue;
    tensors.emplace_back(name, read_tensor(file, kLengthBytes + length, name, described));
    total += tensors.back().second->storage->bytes().size();
    if (total > file.size()) refuse("its tensors lie over one another");
  }
  return tensors;
}

}  // namespace henson::loader
