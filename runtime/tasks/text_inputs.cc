#include "runtime/tasks/text_inputs.h"

#include <numeric>
#include <string>

namespace henson::tasks {
namespace {

std::string quoted(const InputInfo& info) { return '`' + info.path + "` (" + info.name + ')'; }

[[noreturn]] void refuse(const InputInfo& info, const std::string& why) {
  throw Error(ErrorCode::kUnsupported,
              "input " + quoted(info) + ' ' + why + "; Session::run and `henson run` take it");
}

void check_one_text(const std::vector<InputInfo>& infos) {
  const InputInfo* ids = nullptr;
  for (const InputInfo& info : infos) {
    if (info.role != InputRole::kIds) continue;
    if (ids != nullptr) refuse(info, "takes the ids of a second text beside " + quoted(*ids));
    ids = &info;
  }
  if (ids == nullptr) {
    throw Error(ErrorCode::kUnsupported,
                "no input of the model takes ids of tokens; Session::run and `henson run` run it");
  }
}

void check_can_be_given(const InputInfo& info) {
  if (info.role == InputRole::kOther) {
    throw Error(ErrorCode::kUnsupported,
                "input " + quoted(info) +
                    " is neither ids, mask, token types nor positions as far as can be found, "
                    "which are what a text gives; --role " +
                    info.path + "=mask (or another) states it");
  }
  const std::size_t rank = info.rank.value_or(2);
  if (rank != 2) {
    refuse(info, "has " + std::to_string(rank) + " dimensions, a text gives 2: [batch, length]");
  }
}

bool names(const std::string& key, const InputInfo& info) {
  return key == info.path || key == info.name;
}

void check_roles(std::span<const InputInfo> infos, const InputRoles& roles) {
  for (const auto& [key, role] : roles) {
    std::string known;
    bool found = false;
    for (const InputInfo& info : infos) {
      found = found || names(key, info);
      known += (known.empty() ? "" : ", ") + quoted(info);
    }
    if (found) continue;
    throw Error(ErrorCode::kBadInput,
                "the model has no input `" + key + "` to give a role: it takes " + known);
  }
}

void state_role(InputInfo& info, const InputRoles& roles) {
  for (const auto& [key, role] : roles) {
    if (names(key, info)) info.role = role;
  }
}

}  // namespace

Tensor input_by_role(const InputInfo& info, const Encoding& encoding, std::int64_t first_position) {
  const auto length = static_cast<std::int64_t>(encoding.size());
  std::vector<std::int64_t> values;
  switch (info.role) {
    case InputRole::kIds:
      values = encoding.ids;
      break;
    case InputRole::kTokenTypes:
      values = encoding.type_ids;
      break;
    case InputRole::kPositions:
      values.resize(encoding.size());
      std::iota(values.begin(), values.end(), first_position);
      break;
    case InputRole::kMask:
    case InputRole::kOther:
      values.assign(encoding.size(), 1);
      break;
  }
  const Tensor tensor = Tensor::copy(DType::kInt64, {1, length}, std::as_bytes(std::span(values)));
  // What the code does with a mask may need the dtype that it was traced with.
  return info.role == InputRole::kMask ? tensor.to(info.dtype.value_or(DType::kInt64)) : tensor;
}

TextInputs::TextInputs(const Model& model, const Tokenizer& tokenizer, const InputRoles& roles) {
  check_roles(model.inputs(), roles);
  for (InputInfo info : model.inputs()) {
    if (!info.used) continue;
    state_role(info, roles);
    check_can_be_given(info);
    infos_.push_back(info);
    if (info.role == InputRole::kIds) vocabulary_ = info.table_rows.value_or(0);
  }
  check_one_text(infos_);
  if (vocabulary_ > 0 && tokenizer.vocabulary_size() > static_cast<std::size_t>(vocabulary_)) {
    throw Error(ErrorCode::kBadInput,
                "the vocabulary has " + std::to_string(tokenizer.vocabulary_size()) +
                    " tokens and the model's table " + std::to_string(vocabulary_) +
                    " rows: use the vocabulary that the model was made with");
  }
  if (const auto& table = model.info().positions) {
    first_position_ = table->first;
    max_length_ = static_cast<std::size_t>(table->rows - table->first);
  }
}

std::vector<NamedInput> TextInputs::of(const Encoding& encoding) const {
  std::vector<NamedInput> inputs;
  for (const InputInfo& info : infos_) {
    inputs.push_back({info.path, input_by_role(info, encoding, first_position_)});
  }
  return inputs;
}

}  // namespace henson::tasks
