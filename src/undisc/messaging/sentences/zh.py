"""Chinese, in simplified characters."""

SENTENCES = {
    "link.subject": "您在 {place} 的检查图像",
    "link.email": """您在 {place} 的检查图像已经可以查看：

{url}

链接有效期至 {until}。打开时需要您的出生日期和一个验证码，这样只有您本人能打开。之后您可以把图像分享给您想给的人，也可以随时停止分享。""",
    "link.text": "您在 {place} 的检查图像已经可以查看： {url} 链接有效期至 {until}。",
    "reminder.subject": "您在 {place} 的检查图像尚未查看",
    "reminder.email": """您在 {place} 的检查图像尚未查看：

{url}

链接有效期至 {until}。我们不会再次提醒。""",
    "reminder.text": "您在 {place} 的检查图像尚未查看： {url} 链接有效期至 {until}。我们不会再次提醒。",
    "code.subject": "{place} 的验证码",
    "code.email": """您的验证码是 {code}

验证码在 10 分钟内有效，只能在您请求它的设备上使用。切勿告诉任何人：{place} 的人员绝不会向您索要。

如果不是您本人请求的，请告诉我们：可能有人得到了您的链接。""",
    "code.text": "{code} 是您在 {place} 的验证码，10 分钟内有效。切勿告诉任何人：{place} 的人员绝不会向您索要。",
    "invitation.subject": "{place} 的邀请",
    "invitation.email": """{place} 邀请您登录：

{url}

此邀请在 {until} 之前可使用一次，仅供您本人使用，请勿转发。""",
    "invitation.text": "{place} 邀请您登录： {url} 在 {until} 之前可使用一次，请勿转发。",
    "opened.subject": "您在 {place} 的检查图像已被打开",
    "opened.email": """您在 {place} 的检查图像的链接首次被打开：{when}。

如果是您本人，或是您给过链接的人，则无需处理。如果不是，请在这里停用链接：

{url}""",
    "opened.text": "您在 {place} 的检查图像的链接首次被打开：{when}。"
    "如果不是您本人，也不是您给过链接的人，请在这里停用： {url}",
    "share.subject": "{place} 的图像与您分享",
    "share.email": """有人与您分享 {place} 的图像：

{url}

链接有效期至 {until}。请勿转发。""",
    "share.text": "有人与您分享 {place} 的图像： {url} 链接有效期至 {until}。请勿转发。",
    "alert.subject": "{place}：请查看",
    "alert.email": """{place} 有一件事需要您查看。请登录阅读：

{url}""",
    "alert.text": "{place} 有一件事需要您查看： {url}",
    "foot.email": "您收到这封邮件，是因为您在 {place} 留下了这个地址。如有疑问，或不想再收到此类邮件，直接回复即可。",
    "foot.contact": "或联系：{contact}",
    "foot.text": "如有疑问或不想再收到短信：{contact}",
    "foot.stranger": "您收到这条消息，是因为有人把您的地址提供给了我们。如果不是发给您的，请将其删除。",
}
