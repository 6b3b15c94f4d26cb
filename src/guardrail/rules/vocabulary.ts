/** What orders to a model are called. */
export const ORDERS_EN =
  '(?:instructions?|prompts?|rules?|directions?|directives?|guidelines?|commands?|orders|programming|constraints?)';
/** Orders that came before. */
export const EARLIER_EN =
  '(?:previous(?:ly)?|prior|above|earlier|preceding|former|original|initial|foregoing|existing|past)';
/** Leaving orders aside; not when it is denied. */
export const LEAVE_EN = `(?<!\\b(?:not|never|n't|cannot|without)\\s(?:\\w{1,10}\\s)?)\\b(?:ignore|disregard|forget|override|overrule|bypass|overlook|discard|dismiss|neglect|abandon|set aside|leave behind|throw (?:away|out)|pay no attention to|(?:do not|don't|stop|no longer|quit) (?:follow|obey|heed|listen(?:ing)? to|following|obeying))\\b`;
/** Any model, as people call it. */
export const MODEL_EN =
  '(?:ai|a\\.i\\.|llm|large language model|language model|chat ?bot|chatgpt|gpt|claude|gemini|copilot|(?:ai|virtual|automated|digital) (?:assistant|agent|system|tool|reader|model|reviewer|summari[sz]er|bot)|assistant|summari[sz]er)s?';
/** Freedom from every limit. */
export const LIMITLESS_EN =
  '(?:jailbroken|unrestricted|(?:completely )?unlimited (?:language model|ai|chat ?bot|model|assistant)|evil (?:ai|assistant|chat ?bot|bot|robot|version|twin|confidant)|unfiltered|uncensored|amoral|unethical|limitless|without (?:any |all )?(?:\\w{1,12} )?(?:or \\w{1,12} )?(?:restrictions?|limits?|limitations?|rules|filters?|filtering|guidelines|censorship|morals|ethics|constraints|boundaries)|no longer bound|not bound by|no (?:\\w{1,12} )?(?:or \\w{1,12} )?(?:restrictions|limits|limitations|rules|filters?|guidelines|morals|ethics|constraints|censorship)|zero (?:restrictions|rules|limits|filters|morals|ethics)|ignor(?:es?|ing) (?:any|all|every) (?:\\w{1,12} )?(?:polic(?:y|ies)|rules?|laws?|limits?|guidelines?)|free (?:from|of) (?:all|any|the|every)|broken free|do anything now|can do anything|never refuses?|anything goes)';

/** What orders to a model are called. */
export const ORDERS_ZH =
  '(?:指令|指示|提示词?|规则|要求|设定|命令|约束|限制|规定|准则|守则|指南|指引|约定|引导|prompt|instructions?|rules)';
/** Orders that came before, or that are the model's own. */
export const EARLIER_ZH =
  '(?:之前|以前|以上|上面|上方|上述|先前|前面|此前|原有|原来|原先|原本|所有|全部|一切|任何|最初|初始|预设|既定|开头|系统|开发者|你的|你被|给你|你收到|你所)';
/** Leaving orders aside; forgetting is an order only when nobody has done it. */
export const LEAVE_ZH =
  '(?<![不勿别未]|不要|不能|不会|不得|不可|请勿|切勿|没有|我)(?:忽略|忽视|无视|忘记(?!了)|忘掉|忘却|抛开|抛弃|丢弃|丢掉|撇开|摒弃|不要理会|别理会|不用理会|不必理会|不用管|不要管|别管|不再遵守|不要遵守|别遵守|不必遵守|无需遵守|停止遵守|不再遵循|不要遵循|别遵循|停止遵循|不再执行|绕过|推翻|放弃|舍弃|ignore|disregard|forget)';
/** Any model, as people call it. */
export const MODEL_ZH =
  '(?:ai|人工智能|大?语言模型|大模型|聊天机器人|机器人|智能助手|智能助理|智能体|llm|chatgpt|gpt|助手)';
/** Freedom from every limit. */
export const LIMITLESS_ZH =
  '(?:没有(?:任何)?(?:的)?(?:道德|伦理|内容|安全|言论|规则|思想)?(?:上的|方面的|和法律|与法律|或法律)?(?:限制|约束|束缚|底线|审查|顾忌|禁忌|过滤)|不受(?:到)?(?:任何)?[^,。!?\\n]{0,8}(?:限制|约束|束缚|审查|管控|规则)|无(?:任何)?(?:限制|约束|审查|道德|底线|过滤)|越狱|不(?:需要|必|用|再|会)?(?:遵守|遵循)[^,。!?\\n]{0,10}(?:规则|规定|政策|道德|准则|法律|限制|伦理)|无视[^,。!?\\n]{0,8}(?:道德|法律|规则|伦理|政策)|有问必答|为所欲为|(?:什么|任何)(?:问题|要求|事|事情)?都(?:能|可以|会|必须|要)(?:说|做|回答|满足|执行)|(?:永远|从)不(?:会)?拒绝|不会拒绝任何)';
