// Options of tokenizers and text models, as C gives them.
#pragma once

#include "henson/henson_c.h"
#include "henson/tasks.h"
#include "henson/tokenizer.h"

namespace henson::c {

TokenizerOptions to_options(const henson_tokenizer_options* given);
TextModelOptions to_options(const henson_text_options* given);
EmbedOptions to_options(const henson_embed_options* given);
AnswerOptions to_options(const henson_answer_options* given);

}  // namespace henson::c
