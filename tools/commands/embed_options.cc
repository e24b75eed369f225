#include "tools/commands/embed_options.h"

namespace henson::tools {

void EmbedArguments::add_to(Command& command) {
  command
      .choice("--pooling", options_.pooling,
              {{"auto", Pooling::kAuto},
               {"mean", Pooling::kMean},
               {"first", Pooling::kFirst},
               {"cls", Pooling::kFirst},
               {"max", Pooling::kMax},
               {"mean_sqrt_len", Pooling::kMeanSqrtLength},
               {"weightedmean", Pooling::kWeightedMean},
               {"lasttoken", Pooling::kLast}},
              "One vector of the tokens': as the folder says (default); mean, max, mean_sqrt_len, "
              "weightedmean: of all; cls (or first), lasttoken: that token's")
      .shown_as("auto|cls|mean|max|mean_sqrt_len|weightedmean|lasttoken");
  prompt_option_ =
      command.option("--prompt", prompt_, "TEXT", "Stands before each text: \"query: \"");
  command.option("--prompt-name", options_.prompt_name, "NAME",
                 "The prompt of that name in config_sentence_transformers.json");
  command
      .option("--truncate-to", options_.truncate_to, "DIM",
              "Only the first numbers of each embedding (Matryoshka)")
      .between(1, 1 << 24);
}

void EmbedArguments::add_length_to(Command& command) {
  command.flag("--normalize", to_length_one_,
               "Make every length 1; so it is by default where no modules.json says otherwise");
  command.flag("--no-normalize", as_they_are_, "Leave the lengths as they are");
}

EmbedOptions EmbedArguments::options() const {
  EmbedOptions options = options_;
  if (prompt_option_ && prompt_option_->given()) options.prompt = prompt_;
  if (to_length_one_ && as_they_are_) {
    throw UsageError("--normalize and --no-normalize exclude each other");
  }
  if (to_length_one_ || as_they_are_) options.normalize = to_length_one_;
  return options;
}

}  // namespace henson::tools
