// Henson as a contender of bench/compare, from texts to vectors: henson_text_worker MAX_LENGTH.
// See worker.h. It loads a folder with minilm.pt and vocab.txt.
#include <optional>
#include <utility>

#include "bench/worker.h"
#include "henson/tasks.h"

namespace henson::bench {
namespace {

/// Embeds texts in groups of BATCH, as `henson embed` does.
class TextContender final : public Contender {
 public:
  explicit TextContender(std::size_t max_length) : max_length_(max_length) {}

  void load(const std::string& path, int threads) override {
    TextModelOptions options;
    options.session.threads = threads;
    options.max_length = max_length_;
    model_.emplace(Model::open(path + "/minilm.pt"), Tokenizer::open(path + "/vocab.txt"), options);
  }

  void prepare(const std::string& path, std::size_t batch) override {
    if (batch == 0) throw std::runtime_error("a batch has at least one text");
    batch_ = batch;
    texts_.clear();
    std::ifstream file(path, std::ios::binary);
    for (std::string line; std::getline(file, line);) texts_.push_back(std::move(line));
    if (texts_.empty()) throw std::runtime_error("cannot read texts from " + path);
  }

  void run() override {
    vectors_.clear();
    const std::span<const std::string> texts(texts_);
    for (std::size_t first = 0; first < texts.size(); first += batch_) {
      const std::size_t count = std::min(batch_, texts.size() - first);
      const Embeddings part = model().embed(texts.subspan(first, count));
      vectors_.insert(vectors_.end(), part.values.begin(), part.values.end());
    }
  }

  std::vector<float> answer() override { return vectors_; }

  std::size_t tokens() override {
    const EncodeOptions options{.max_length = max_length_};
    std::size_t sum = 0;
    for (const std::string& text : texts_) {
      sum += model().tokenizer().encode(text, options).ids.size();
    }
    return sum;
  }

 private:
  TextModel& model() {
    if (!model_) throw std::runtime_error("no model is loaded");
    return *model_;
  }

  std::size_t max_length_;
  std::size_t batch_ = 1;
  std::optional<TextModel> model_;
  std::vector<std::string> texts_;
  std::vector<float> vectors_;
};

}  // namespace
}  // namespace henson::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: henson_text_worker MAX_LENGTH\n";
    return 2;
  }
  henson::bench::TextContender contender(std::stoul(argv[1]));
  return henson::bench::serve(contender);
}
