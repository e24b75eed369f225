// ByteLevel: words by GPT-2's pattern, their bytes spelled as characters.
#pragma once

#include "runtime/tokenizer/json_file.h"
#include "runtime/tokenizer/pre_tokenizer.h"

namespace henson::tokenizer {

class ByteLevelPreTokenizer final : public PreTokenizer {
 public:
  explicit ByteLevelPreTokenizer(const JsonValue& description);
  void cut(Words& words) const override;

 private:
  bool adds_space_;
  bool uses_pattern_;
};

}  // namespace henson::tokenizer
