// page ARCHIVE VOCABULARY: the example of the documentation page that tells how to trace BERT, with
// Henson, on a traced masked language model: by hand, and from text.
#include <henson/tasks.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Numbers = std::vector<std::int64_t>;

// "[CLS] who was jim henson ? [SEP] jim henson was a puppeteer [SEP]" with one token masked.
constexpr std::string_view kTokens[] = {"[CLS]", "who",    "was",   "jim",    "henson",
                                        "?",     "[SEP]",  "jim",   "[MASK]", "was",
                                        "a",     "puppet", "##eer", "[SEP]"};
constexpr std::size_t kMasked = 8;
const Numbers kSegments{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1};

/// What the model takes, each input by its role: archives put them in different orders.
std::vector<henson::NamedInput> inputs_of(const henson::Model& model, const Numbers& ids,
                                          const Numbers& segments, const Numbers& mask) {
  const auto length = static_cast<std::int64_t>(ids.size());
  std::vector<henson::NamedInput> inputs;
  for (const henson::InputInfo& input : model.inputs()) {
    const Numbers& numbers = input.role == henson::InputRole::kIds          ? ids
                             : input.role == henson::InputRole::kTokenTypes ? segments
                                                                            : mask;
    inputs.push_back({input.path, henson::Tensor::borrow(numbers, {1, length})});
  }
  return inputs;
}

/// The likeliest token in the masked place.
std::int64_t guess(henson::Session& session, const std::vector<henson::NamedInput>& inputs) {
  const henson::Tensor scores = session.run(inputs).tensors().at(0);  // [1, length, vocabulary]
  const auto vocabulary = static_cast<std::size_t>(scores.shape()[2]);
  const auto row = scores.values<float>().subspan(kMasked * vocabulary, vocabulary);
  return std::max_element(row.begin(), row.end()) - row.begin();
}

void print(const char* how, std::string_view token) {
  std::printf("%s: %.*s\n", how, static_cast<int>(token.size()), token.data());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const henson::Tokenizer tokenizer = henson::Tokenizer::open(argv[2]);
  const henson::Model model = henson::Model::open(argv[1]);
  henson::Session session(model);

  Numbers ids;
  for (const std::string_view token : kTokens) ids.push_back(tokenizer.id(token).value());
  const Numbers mask(ids.size(), 1);
  print("by hand", *tokenizer.token(guess(session, inputs_of(model, ids, kSegments, mask))));

  const henson::Encoding encoding =
      tokenizer.encode("Who was Jim Henson ?", "Jim [MASK] was a puppeteer");
  print("from text",
        *tokenizer.token(guess(session, inputs_of(model, encoding.ids, encoding.type_ids, mask))));

  henson::TextModel text_model(model, tokenizer);
  print("in one call", text_model.fill_mask("Jim Henson was a [MASK].")[0].guesses[0].token);
}
