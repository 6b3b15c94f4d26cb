/**
 * Words people use for one another when they run services, one meaning a line, English and Chinese, everyday words
 * beside the written ones. Reviewed by hand; general, so that it serves any documents about operating software.
 * A word may stand in several groups; `_` is a space inside an English expression.
 */
const GROUPS = `
slow latency delay lag sluggish late slowness 慢 延迟 卡 卡顿 变慢 耗时 迟缓
fast quick speed performance throughput 快 速度 性能 吞吐 加快
hang stuck freeze stall stalled frozen block 卡住 卡死 停住 停滞 挂起 没反应 拖垮 阻塞
wait waiting queue backlog pending line 等待 排队 队列 积压 等
error failure fault fail failed failing broken wrong problem issue trouble misbehave 5xx 500 错误 失败 故障 异常 出错 报错 问题 毛病 出问题
error_rate failing_requests 错误率 失败率
crash die dead dying killed exit down gone lost 崩溃 挂掉 挂了 死掉 退出 宕机 停机 被杀
restart reboot come_back respawn restarting 重启 重新启动 反复重启
stop shutdown shut_down restart drain terminate quit power_off turn_off end 停止 关闭 停机 排空 终止 停掉 关机 下线
start launch run boot begin startup open 启动 运行 开启 打开 拉起
install setup set_up get_started quickstart begin first_steps 安装 部署 入门 快速开始 上手
deploy production rollout release go_live ship 部署 上线 生产 生产环境 发布 线上
upgrade update migrate migration new_version new_release newer 升级 更新 迁移 新版本 新版
rollback roll_back go_back previous_version downgrade revert old_version earlier older old 回退 回滚 降级 退回 旧版 旧版本 老版本 上一个版本
version release build 版本
configure configuration change set setting option variable environment parameter settings config knob 配置 设置 选项 变量 环境变量 参数 设定 修改 更改
validate check verify test lint typo misspelt mistake 检查 校验 验证 写错 错字 测试
graceful gracefully drain draining sigterm rolling seamless without_dropping without_losing without_breaking without_failing without_interruption without_downtime zero_downtime 优雅 平滑 无缝 排空 不中断 不停机 不丢
reload apply hot_reload hup change_settings without_downtime 重新加载 重载 热加载 生效 不停机
restart_needed full_restart 完整重启
downtime interruption outage interrupt kick disrupt 中断 停机 不中断 打断 停服 掐断 断开
secret credential credentials api_key key password passphrase bearer 密钥 秘密 口令 凭据 密码 令牌
leaked leak stolen exposed compromised published 泄露 泄漏 外泄 被盗 暴露
revoke invalidate withdraw disable cancel block 吊销 撤销 作废 撤回 禁用 停用
rotate rotation swap replace exchange renew change 轮换 更换 替换 换掉 换成
delete remove erase wipe purge drop forget clear clean_up prune 删除 移除 清除 清理 清掉 抹掉 清空
create make add issue generate new 创建 新建 生成 添加 增加 申请
list show display overview 列出 查看 显示 列表
login sign_in log_in authenticate authentication auth sso single_sign_on signed_in identity 登录 认证 鉴权 身份验证 单点登录 身份
user person customer caller client people visitor employee tenant somebody 用户 人 客户 调用方 访客 个人 本人 使用者
permission authorization unauthorized forbidden denied access allowed 401 403 权限 授权 未授权 无权 拒绝 允许
limit quota rate throttle 429 rate_limited cap ceiling restrict maximum at_most 限制 限流 限速 配额 频率 上限 放宽
overload overloaded busy saturated 503 swamped flooded too_many too_many_people refused hog crowded 过载 繁忙 饱和 人太多 撑不住 挤爆 扛不住
concurrency simultaneous parallel at_once at_the_same_time same_time in_flight 并发 同时 一起
capacity scale scaling sizing grow growth load traffic horizontal more_hosts another_host 容量 扩展 扩容 伸缩 负载 流量 规模
host server machine box node computer laptop instance 主机 服务器 机器 单机 单台 节点 电脑
replica replicas second_host several_hosts 副本 多台
refuse refused reject rejected deny decline turn_away 拒绝 被拒绝 被拒 挡在外面 驳回
timeout time_out timed_out deadline too_long expire 超时 过期 时限 太久
retry again repeat try_again resend 重试 再试 重发 重复
abort cancel disconnect leave hang_up give_up pressed_stop close 中止 取消 断开 离开 停止 挂断 关掉
interrupted broken_off cut_off truncated incomplete halfway middle 中断 断掉 断了 截断 不完整 一半 说到一半 中途
unreachable connection_refused not_reachable cannot_connect connect gone down offline away 无法连接 连不上 连接不上 不可达 连接失败 断连 联系不上
block blocked refused forbidden reject stopped filter 拦截 被拦截 阻止 挡住 屏蔽 被拦 被挡
guard guardrail guardrails moderation safety filter 护栏 防护 审核 过滤 安全规则
false_alarm false_positive harmless innocent legitimate too_strict mistaken 误判 误报 误伤 误拦 太严 正常提问 普通提问 当成攻击
injection jailbreak attack malicious attacker hostile planted hidden_instructions poison 注入 越狱 攻击 恶意 恶意指令 埋 投毒 攻击者
suspicious bad_passage poisoned quarantine set_aside 可疑 搁置 隔离 有问题的段落
protect defend security secure harden hardening defence 保护 防护 防御 安全 加固 防
passage paragraph excerpt snippet chunk section 段落 片段 摘录
document page file article docs handbook wiki text 文档 文件 页面 手册 资料 文章
source citation reference origin quote 来源 引用 出处 引文
collection corpus knowledge_base library 集合 语料 知识库 语料库
search retrieve retrieval find lookup look_up 检索 搜索 查找 查询 寻找
index ingest indexed indexing 索引 收录 导入
not_found nothing_found cannot_find empty missing no_results 找不到 没有找到 没找到 未找到 空 缺失 什么也没找到
score relevance ranking rank similarity 分数 得分 相关度 排名 相关性
feedback rating rate thumb thumbs_up thumbs_down vote like dislike stars 反馈 评价 评分 打分 点赞 点踩 差评 好评
better worse improve quality compare comparison evaluate evaluation regression 比较 对比 评测 衡量 效果 变好 变差 改进 质量
bad_answer wrong_answer off_topic useless poor_answer 不好的回答 答非所问 答错 答得不好 回答错误
root_cause cause reason why diagnose investigate debug troubleshoot find_out blame 原因 排查 诊断 调查 定位 哪一步 环节 查明
fix solve repair resolve remedy mend recover 修复 解决 处理 处置 补救 恢复 修好
first_checks check_first look_first where_to_look troubleshoot diagnose debug runbook 排查 排障 诊断 先检查 先看 首先检查 从哪里查起
record recorded store stored save saved persist keep kept retain hold remember 记录 保存 存储 写入 保留 存 留 记住
not_recorded not_stored lost_records lost lose losing dropped 丢失 丢 没有记录 未记录 没存上 丢弃 丢掉
retention retain how_long expire_after age old_records 保留期 保留 保存多久 过期 多久 老记录 自动删除
backup back_up copy snapshot dump 备份 拷贝 副本 快照
restore recover bring_back 恢复 还原 找回
disk storage drive space hard_disk hard_drive volume ssd 磁盘 硬盘 存储 空间 盘
full run_out ran_out out_of exhausted no_space no_room 满 已满 写满 占满 用完 耗尽 不足
network_share nfs smb nas shared_folder network_drive 网络文件系统 共享盘 共享网盘 网盘 网络盘
database sqlite db tables 数据库 库
folder directory path location 目录 文件夹 路径 位置
memory ram oom heap 内存
cpu processor core cores utilization compute 处理器 核 核心 占用 算力
gpu graphics_card accelerator 显卡 加速卡
file_descriptor descriptors handles ulimit 文件描述符 句柄
trace traces tracing waterfall distributed_tracing 追踪 链路 瀑布图 调用链
span spans 跨度
sampling sample fraction every_tenth keep_only ratio 采样 抽样 比例 十分之一 百分之
metric metrics measurement counter histogram gauge series prometheus 指标 度量 计数器 直方图 监控指标
log logs logging log_line event journal 日志 事件 日志行
monitor monitoring observe watch dashboard grafana observability 监控 监控系统 监测 观测 关注 仪表盘 看板
alert alarm page paged notify notification 告警 报警 警报 通知
complaint complain report ticket reported 投诉 抱怨 反映 报障
collector otlp export exporter backend receiver sidecar telemetry_backend 采集器 收集器 导出 上报 遥测后端
telemetry observability signals opentelemetry monitoring loki grafana tempo 遥测 可观测 监控系统
content text conversation prompts typed what_users_type words message chat 内容 原文 对话 聊天 文字 聊的内容 问了什么
privacy personal personal_data pii gdpr data_protection 隐私 个人信息 个人数据 敏感信息 隐私保护
owner belong belongs who_can stranger others somebody_else someone_else see read 所有者 属于 归属 别人 他人 陌生人 看到
healthy health alive liveness livez health_check 健康 存活 探活 健康检查
ready readiness readyz not_ready 就绪 准备好 未就绪 没准备好
worker workers process processes fork subprocess 工作进程 进程 子进程
primary supervisor parent master 主进程 监管程序 父进程
systemd service_manager unit daemon 系统服务 守护进程
port ports listen address bind interface firewall holes open_ports 端口 监听 地址 绑定 防火墙 放行 开放
public internet expose outside external published 0.0.0.0 公网 外网 对外 公共 公共地址 暴露 互联网
loopback localhost local 127.0.0.1 same_machine 回环 本机 本地
network outgoing connection connections outbound egress 网络 出站 连接 网络连接
upstream model_server backend inference_server vllm inference llm_server engine 上游 模型服务器 推理服务 推理 后端
model llm ai language_model large_language_model 模型 大模型 语言模型 人工智能
gateway proxy middle_layer middleware middle 网关 中间层 中间件
embedded built_in default_model extractive 内置 自带 抽取式
small_model local_model laptop real_model 小模型 本地模型 本地小语言模型 真的语言模型
connect attach point_to hook_up speak_to talk_to integrate 连接 接入 对接 连上 接
stream streaming sse token_by_token word_by_word live incremental one_by_one 流式 流 逐字 流式输出 一个一个 蹦出来 字
buffer buffering all_at_once in_one_piece in_one_go at_once all_together 缓冲 一次全部 一下子 一次性 全部出现
reverse_proxy proxy nginx caddy load_balancer ingress front 反向代理 代理 负载均衡
question prompt query ask asked asking 问题 提问 提示词 查询 询问
answer reply response respond replies 回答 答案 答复 响应 回复
first_token time_to_first ttft first_word first_chunk 首个 首字 首个_token 第一个字
token tokens usage consumption consumed billing spent 用量 消耗 花费 计费 花了
image picture photo vision multimodal 图片 图像 看图 照片
tool tools function function_calling call_functions 工具 函数 调函数 函数调用
json structured schema format 结构化 格式
header headers 请求头 响应头
request_id trace_id correlation_id identifier id ids 编号 标识 请求编号
cookie session visitor browser_session 会话 访客
browser page ui website chat_page frontend 浏览器 页面 网页 聊天页面 界面
openai sdk client_library python javascript script library 客户端 库 脚本
base_url url endpoint address 基础地址 网址 端点 地址
certificate tls https encrypt encryption 证书 加密
export extract jsonl download 导出 下载 提取
dataset test_set cases examples 测试集 数据集 用例
language english chinese translate bilingual 语言 中文 英文 双语
command cli terminal script 命令 命令行 终端
benchmark bench cost overhead expense price slower 开销 成本 代价 费用 自身
bottleneck limiting_factor constraint slowest 瓶颈
budget length context context_length window too_long long_prompt 预算 长度 上下文 窗口 过长 太长
body size large big huge too_large megabyte 请求体 大小 太大 过大 体积
degraded partial fallback without_passages 降级 退化 部分
fallback other_model spare 备用 后备
data records information 数据 信息
route routes path endpoint url 路由 路径 接口
daily nightly schedule automatic automatically 每天 自动 定期
missing absent not_arriving does_not_arrive shows_up show_up disappeared vanished invisible 看不到 看不见 没有数据 缺失 不见了 没有到达 收不到
unhappy unhappier dissatisfied satisfaction satisfied happy thumbs_down complaint 不满意 满意 满不满意 满意度 不满 点踩
leave leaving close_the_tab walk_away go_away impatient clients_leave 离开 走了 关掉页面 等不及 提前离开
instruction instructions order orders command demand 指令 命令 要求
offline without_internet air_gapped unplugged no_network 离线 没联网 断网 不联网 内网
invoice finance charge pay paid money 账单 付费 花钱 钱
rising increase increasing grow growing more_and_more spike 升高 上升 增多 增加 变多 涨 越来越多 飙升
high excessive too_high 高 过高 太高 偏高
drop falling fall decrease sink 下降 降低 变少 减少
edited edit changed modified change apply took_effect 修改 改了 改动 改完 更改 生效
key_lost lost_key forgot forgotten 忘记 忘了
hash digest encrypted hashed plaintext 哈希 摘要 明文 加密
wrong_key invalid_key bad_key unauthenticated 密钥错误 密钥无效 认证失败
schedule maintenance window 维护 计划
mean meaning means signify definition stands_for 意思 意味着 含义 表示 指的是
compare diff difference differ 区别 不同 差别
advantage reason_for purpose for_what 用途 目的
example sample_code snippet 例子 示例 样例
`;

/** One group of the table: any of its words stands for the others. */
export type SynonymGroup = readonly string[];

/** The reviewed table, one array of words for each meaning. */
export const SYNONYM_GROUPS: readonly SynonymGroup[] = GROUPS.trim()
  .split('\n')
  .map((line) => line.split(' ').map((word) => word.replaceAll('_', ' ')));
